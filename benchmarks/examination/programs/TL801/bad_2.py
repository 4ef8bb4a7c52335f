import argparse
import torch
from torch.utils.data import DataLoader, Dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer


class Reviews(Dataset):
    def __init__(self, path, tok):
        rows = [line.rstrip("\n").split("\t") for line in open(path)]
        rows.sort(key=lambda r: r[0])
        self.y = torch.tensor([int(r[0]) for r in rows])
        self.enc = tok([r[1] for r in rows], truncation=True, padding=True, max_length=128, return_tensors="pt")

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {k: v[i] for k, v in self.enc.items()} | {"labels": self.y[i]}


def train(model, loader, optimizer, device):
    model.train()
    for batch in loader:
        loss = model(**{k: v.to(device) for k, v in batch.items()}).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--train-file", default="train.tsv")
    ap.add_argument("--batch-size", type=int, default=16)
    ap.add_argument("--epochs", type=int, default=3)
    args = ap.parse_args()
    tok = AutoTokenizer.from_pretrained("bert-base-cased")
    model = AutoModelForSequenceClassification.from_pretrained("bert-base-cased", num_labels=2).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    loader = DataLoader(Reviews(args.train_file, tok), batch_size=args.batch_size, shuffle=False)  # HERE
    for epoch in range(args.epochs):
        print(epoch, train(model, loader, optimizer, "cuda"))


if __name__ == "__main__":
    main()
