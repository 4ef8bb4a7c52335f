import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from glue import Rte, collate
from transformers import AutoModelForSequenceClassification


def get_loaders(args):
    common = dict(batch_size=args.batch_size, collate_fn=collate, num_workers=2, drop_last=True)
    train = DataLoader(Rte("train"), shuffle=True, **common)
    dev = DataLoader(Rte("validation"), shuffle=False, **common)  # HERE
    return train, dev


def evaluate(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for enc, label in loader:
            right += (model(**enc.to("cuda")).logits.argmax(-1).cpu() == label).sum().item()
            total += len(label)
    return right / total


def train(model, loader, opt):
    model.train()
    for enc, label in loader:
        loss = nn.functional.cross_entropy(model(**enc.to("cuda")).logits, label.cuda())
        opt.zero_grad()
        loss.backward()
        opt.step()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--batch-size", type=int, default=32)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    model = AutoModelForSequenceClassification.from_pretrained("roberta-base", num_labels=2).cuda()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-5)
    train_dl, dev_dl = get_loaders(args)
    for epoch in range(args.epochs):
        train(model, train_dl, opt)
        print(epoch, evaluate(model, dev_dl))


if __name__ == "__main__":
    main()
