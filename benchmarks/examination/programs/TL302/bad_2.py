import argparse
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForTokenClassification
from ner.data import WikiAnn, collate


def train_epoch(model, loader, optimizer, scaler, device):
    model.train()
    total = 0.0
    for batch in loader:
        batch = {k: v.to(device) for k, v in batch.items()}
        optimizer.zero_grad(set_to_none=True)
        with torch.amp.autocast("cuda", dtype=torch.float16):
            loss = model(**batch).loss
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)  # HERE
        total += loss.item()
    return total / len(loader)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--model", default="xlm-roberta-base")
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--lr", type=float, default=2e-5)
    a = p.parse_args()
    device = torch.device("cuda")
    model = AutoModelForTokenClassification.from_pretrained(a.model, num_labels=7).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=a.lr)
    scaler = torch.amp.GradScaler("cuda")
    loader = DataLoader(WikiAnn(a.model, "train"), batch_size=32, shuffle=True, collate_fn=collate)
    for epoch in range(a.epochs):
        print(epoch, train_epoch(model, loader, optimizer, scaler, device))
    model.save_pretrained("wikiann")


if __name__ == "__main__":
    main()
