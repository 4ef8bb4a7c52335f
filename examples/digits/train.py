"""Train a small network on the digits, calibrate it, and test it."""

import argparse
import math

import torch
from data import build_loaders
from model import DigitNet
from torch import nn
from torch.nn.utils import clip_grad_norm_

import trainlint


def warmup_cosine(warmup_steps, total_steps):
    """Return the factor of the learning rate at a step."""

    def factor(step):
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * progress))

    return factor


def train_one_epoch(model, loader, criterion, optimizer, scheduler, scaler, max_norm):
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = criterion(model(images), labels)
        scaler.scale(loss).backward()
        clip_grad_norm_(model.parameters(), max_norm)
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def validate(model, loader):
    correct = 0
    for images, labels in loader:
        logits = model(images)
        correct += (logits.argmax(dim=1) == labels).sum().item()
    return correct / len(loader.dataset)


@torch.no_grad()
def collect_logits(model, loader):
    model.eval()
    batches = [(model(images), labels) for images, labels in loader]
    logits, labels = zip(*batches, strict=True)
    return torch.cat(logits), torch.cat(labels)


def calibrate(logits, labels, steps=50):
    """Return the temperature that fits the logits best (Guo et al., 2017)."""
    log_temperature = nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.Adam([log_temperature], lr=0.05)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(logits / log_temperature.exp(), labels)
        loss.backward()
        optimizer.step()
    return log_temperature.exp().item()


def test(model, temperature, loader):
    model.eval()
    correct, loss = 0, 0.0
    for images, labels in loader:
        logits = model(images) / temperature
        correct += (logits.argmax(dim=1) == labels).sum().item()
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
    return correct / len(loader.dataset), loss / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--max-norm", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    train_loader, val_loader, test_loader = build_loaders(args.batch_size)
    model = DigitNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    total_steps = args.epochs * len(train_loader)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup_cosine(total_steps // 20, total_steps))
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)

    with trainlint.watch(model):
        for epoch in range(args.epochs):
            loss = train_one_epoch(model, train_loader, criterion, optimizer, scheduler, scaler, args.max_norm)
            print(f"epoch {epoch}: loss {loss:.3f}, validation accuracy {validate(model, val_loader):.3f}")
        temperature = calibrate(*collect_logits(model, val_loader))
        accuracy, loss = test(model, temperature, test_loader)
    print(f"test accuracy {accuracy:.3f}, loss {loss:.3f} at temperature {temperature:.2f}")


if __name__ == "__main__":
    main()
