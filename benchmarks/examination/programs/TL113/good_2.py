import argparse
import torch
import torch.nn as nn
import torch.nn.functional as F


class Dropout(nn.Module):
    """Takes the probability of KEEPING a unit, as the paper's reference code did."""

    def __init__(self, keep):
        super().__init__()
        self.keep = keep

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.empty_like(x).bernoulli_(self.keep)
        return x * mask / self.keep


class WordDropout(nn.Module):
    def __init__(self, p, unk):
        super().__init__()
        self.p, self.unk = p, unk

    def forward(self, ids):
        if self.training:
            hit = torch.rand(ids.shape, device=ids.device) < self.p
            ids = ids.masked_fill(hit, self.unk)
        return ids


class LM(nn.Module):
    def __init__(self, vocab, keep):
        super().__init__()
        self.words = WordDropout(0.1, unk=1)
        self.emb = nn.Embedding(vocab, 300)
        self.rnn = nn.LSTM(300, 300, num_layers=2, dropout=1.0 - keep, batch_first=True)
        self.drop = Dropout(0.85)
        self.out = nn.Linear(300, vocab)

    def forward(self, ids):
        h, _ = self.rnn(self.emb(self.words(ids)))
        return self.out(self.drop(h))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--keep-prob", type=float, default=0.75)
    ap.add_argument("--epochs", type=int, default=6)
    args = ap.parse_args()
    corpus = torch.load("ptb.pt")
    lm = LM(10000, args.keep_prob)
    opt = torch.optim.Adam(lm.parameters(), lr=1e-3)
    loader = torch.utils.data.DataLoader(corpus, batch_size=20, shuffle=True)
    lm.train()
    for epoch in range(args.epochs):
        for ids in loader:
            loss = F.cross_entropy(lm(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(lm.parameters(), 0.5)
            opt.step()
        print(epoch, loss.exp().item())


if __name__ == "__main__":
    main()
