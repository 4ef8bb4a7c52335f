"""The HF Trainer steps what it is handed."""
import argparse
import torch
from datasets import load_dataset
from transformers import (AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer,
                          TrainingArguments, get_cosine_schedule_with_warmup)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="microsoft/deberta-v3-small")
    ap.add_argument("--epochs", type=int, default=3)
    ap.add_argument("--batch", type=int, default=32)
    args = ap.parse_args()
    tok = AutoTokenizer.from_pretrained(args.name)
    raw = load_dataset("glue", "mrpc")
    data = raw.map(lambda r: tok(r["sentence1"], r["sentence2"], truncation=True), batched=True)
    model = AutoModelForSequenceClassification.from_pretrained(args.name, num_labels=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    per_epoch = -(-len(data["train"]) // args.batch)
    scheduler = get_cosine_schedule_with_warmup(optimizer, per_epoch // 5, per_epoch * args.epochs)
    trainer = Trainer(
        model=model,
        args=TrainingArguments("mrpc", per_device_train_batch_size=args.batch, num_train_epochs=args.epochs,
                               eval_strategy="epoch"),
        train_dataset=data["train"], eval_dataset=data["validation"],
        data_collator=DataCollatorWithPadding(tok),
        optimizers=(optimizer, scheduler))
    trainer.train()


if __name__ == "__main__":
    main()
