"""Every batch is split into micro-batches; the window is the inner loop."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from longdocs import Books
from transformers import AutoModelForSequenceClassification


def train(model, loader, opt, micro):
    model.train()
    for ids, mask, label in loader:
        opt.zero_grad()
        total = len(label)
        shown = 0.0
        for i, m, y in zip(ids.split(micro), mask.split(micro), label.split(micro)):
            logits = model(input_ids=i.cuda(), attention_mask=m.cuda()).logits
            loss = nn.functional.cross_entropy(logits, y.cuda(), reduction="sum") / total
            loss.backward()
            shown += loss.item()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
    return shown


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--micro", type=int, default=4)
    ap.add_argument("--epochs", type=int, default=3)
    args = ap.parse_args()
    model = AutoModelForSequenceClassification.from_pretrained("allenai/longformer-base-4096", num_labels=8).cuda()
    opt = torch.optim.AdamW(model.parameters(), lr=2e-5)
    loader = DataLoader(Books("train"), args.batch, shuffle=True)
    for epoch in range(args.epochs):
        print(epoch, train(model, loader, opt, args.micro))


if __name__ == "__main__":
    main()
