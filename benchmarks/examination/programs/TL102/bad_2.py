import argparse
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup
from datasets import load_dataset


def get_loaders(name, batch_size):
    tok = AutoTokenizer.from_pretrained(name)
    raw = load_dataset("glue", "sst2")
    enc = raw.map(lambda r: tok(r["sentence"], truncation=True, padding="max_length", max_length=64), batched=True)
    enc.set_format("torch", columns=["input_ids", "attention_mask", "label"])
    return (DataLoader(enc["train"], batch_size=batch_size, shuffle=True),
            DataLoader(enc["validation"], batch_size=batch_size))


def accuracy(model, loader, device):
    model.eval()  # HERE
    good = total = 0
    with torch.no_grad():
        for batch in loader:
            labels = batch["label"].to(device)
            logits = model(input_ids=batch["input_ids"].to(device),
                           attention_mask=batch["attention_mask"].to(device)).logits
            good += (logits.argmax(-1) == labels).sum().item()
            total += labels.numel()
    return good / total


def main(args):
    device = torch.device("cuda")
    model = AutoModelForSequenceClassification.from_pretrained(args.name, num_labels=2).to(device)
    train_loader, val_loader = get_loaders(args.name, args.batch_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    total_steps = len(train_loader) * args.epochs
    scheduler = get_linear_schedule_with_warmup(optimizer, total_steps // 10, total_steps)
    model.train()
    step = 0
    for _ in range(args.epochs):
        for batch in train_loader:
            loss = model(input_ids=batch["input_ids"].to(device),
                         attention_mask=batch["attention_mask"].to(device),
                         labels=batch["label"].to(device)).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            step += 1
            if step % 500 == 0:
                print(step, accuracy(model, val_loader, device))


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="distilbert-base-uncased")
    ap.add_argument("--batch_size", type=int, default=32)
    ap.add_argument("--epochs", type=int, default=3)
    main(ap.parse_args())
