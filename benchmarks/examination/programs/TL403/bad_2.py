import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from slu.data import Snips, collate
from slu.net import JointSlu


def train_epoch(net, loader, optimizer, max_norm):
    net.train()
    total = 0.0
    for words, mask, slots, intent in loader:
        slot_logits, intent_logits = net(words, mask)
        loss = F.cross_entropy(intent_logits, intent)
        loss = loss + F.cross_entropy(slot_logits.flatten(0, 1), slots.flatten(), ignore_index=-100)
        optimizer.zero_grad()
        torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm)  # HERE
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--max-norm", type=float, default=1.0)
    ap.add_argument("--epochs", type=int, default=25)
    args = ap.parse_args()
    net = JointSlu(vocab=12000, slots=72, intents=7)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    loader = DataLoader(Snips("train"), batch_size=32, shuffle=True, collate_fn=collate)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, optimizer, args.max_norm))


if __name__ == "__main__":
    main()
