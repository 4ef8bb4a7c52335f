import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from ner.corpus import Conll, collate
from ner.tagger import BiLstmTagger


def train_epoch(tagger, loader, optim, clip):
    tagger.train()
    running = 0.0
    for words, lengths, tags in loader:
        optim.zero_grad()
        scores = tagger(words, lengths)
        loss = F.cross_entropy(scores.view(-1, scores.size(-1)), tags.view(-1), ignore_index=-1)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tagger.parameters(), clip)
        optim.step  # HERE
        running += loss.item()
    return running / len(loader)


@torch.no_grad()
def dev_accuracy(tagger, loader):
    tagger.eval()
    right = total = 0
    for words, lengths, tags in loader:
        keep = tags != -1
        right += (tagger(words, lengths).argmax(-1)[keep] == tags[keep]).sum().item()
        total += keep.sum().item()
    return right / total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="conll2003")
    parser.add_argument("--clip", type=float, default=5.0)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    train_dl = DataLoader(Conll(args.data, "train"), 32, shuffle=True, collate_fn=collate)
    dev_dl = DataLoader(Conll(args.data, "dev"), 64, collate_fn=collate)
    tagger = BiLstmTagger(vocab=25000, tags=9)
    optim = torch.optim.Adam(tagger.parameters(), lr=args.lr)
    for epoch in range(15):
        print(epoch, train_epoch(tagger, train_dl, optim, args.clip), dev_accuracy(tagger, dev_dl))


if __name__ == "__main__":
    main()
