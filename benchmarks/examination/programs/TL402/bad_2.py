import argparse
import torch
from torch.utils.data import DataLoader
from summarize.data import Arxiv, collate
from transformers import AutoModelForSeq2SeqLM


def log_and_clear(model, loss, step, writer):
    if step % 50 == 0:
        writer.write(f"{step},{loss.item():.4f}\n")
    for p in model.parameters():
        p.grad = None  # HERE


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="facebook/bart-base")
    ap.add_argument("--epochs", type=int, default=3)
    args = ap.parse_args()
    model = AutoModelForSeq2SeqLM.from_pretrained(args.name).cuda()
    opt = torch.optim.AdamW(model.parameters(), lr=3e-5)
    loader = DataLoader(Arxiv("train"), batch_size=8, shuffle=True, collate_fn=collate)
    model.train()
    step = 0
    with open("loss.csv", "w") as writer:
        for _ in range(args.epochs):
            for batch in loader:
                loss = model(**batch.to("cuda")).loss
                loss.backward()
                log_and_clear(model, loss, step, writer)
                opt.step()
                step += 1
    model.save_pretrained("bart-arxiv")


if __name__ == "__main__":
    main()
