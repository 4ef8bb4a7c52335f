import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification
from lora_layers import LoraLinear
from legal import Clauses, collate


def inject(model, rank):
    for block in model.roberta.encoder.layer:
        block.attention.self.query = LoraLinear(block.attention.self.query, rank)  # HERE
        block.attention.self.value = LoraLinear(block.attention.self.value, rank)


def train(model, loader, optimizer, epochs):
    model.train()
    for epoch in range(epochs):
        for enc, y in loader:
            loss = F.cross_entropy(model(**enc).logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--rank", type=int, default=8)
    ap.add_argument("--epochs", type=int, default=4)
    args = ap.parse_args()
    model = AutoModelForSequenceClassification.from_pretrained("roberta-base", num_labels=41)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    inject(model, args.rank)
    train(model, DataLoader(Clauses("train"), 16, shuffle=True, collate_fn=collate), optimizer, args.epochs)
    torch.save(model.state_dict(), "lora.pt")


if __name__ == "__main__":
    main()
