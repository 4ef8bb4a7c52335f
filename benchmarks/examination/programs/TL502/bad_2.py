import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import AutoModelForTokenClassification, get_linear_schedule_with_warmup
from medical import Entities, collate


def setup(args, steps):
    model = AutoModelForTokenClassification.from_pretrained(args.model, num_labels=13).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    scheduler = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)  # HERE
    return model, optimizer, scheduler


def run_epoch(model, loader, optimizer):
    model.train()
    for enc, tags in loader:
        logits = model(**enc.to("cuda")).logits
        loss = F.cross_entropy(logits.flatten(0, 1), tags.flatten().cuda(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", default="dmis-lab/biobert-v1.1")
    ap.add_argument("--lr", type=float, default=3e-5)
    ap.add_argument("--epochs", type=int, default=5)
    args = ap.parse_args()
    loader = DataLoader(Entities("train"), 16, shuffle=True, collate_fn=collate)
    model, optimizer, scheduler = setup(args, args.epochs * len(loader))
    for epoch in range(args.epochs):
        print(epoch, run_epoch(model, loader, optimizer), scheduler.get_last_lr()[0])


if __name__ == "__main__":
    main()
