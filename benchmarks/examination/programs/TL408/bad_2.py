import argparse
import torch
from torch import nn
from lm.data import batchify, get_batch, load_ids


class LstmLM(nn.Module):
    def __init__(self, vocab, dim, layers):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.lstm = nn.LSTM(dim, dim, layers, dropout=0.3)
        self.out = nn.Linear(dim, vocab)

    def init_hidden(self, n):
        w = next(self.parameters())
        layers, dim = self.lstm.num_layers, self.lstm.hidden_size
        return w.new_zeros(layers, n, dim), w.new_zeros(layers, n, dim)

    def forward(self, x, hidden):
        y, hidden = self.lstm(self.emb(x), hidden)
        return self.out(y), hidden


def train_epoch(net, source, bptt, opt):
    net.train()
    state = net.init_hidden(source.size(1))
    for i in range(0, source.size(0) - 1, bptt):
        x, y = get_batch(source, i, bptt)
        logits, state = net(x, state)  # HERE
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        opt.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bptt", type=int, default=35)
    ap.add_argument("--epochs", type=int, default=40)
    args = ap.parse_args()
    ids = batchify(load_ids("wikitext-2"), 20)
    net = LstmLM(33278, 400, 2)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, ids, args.bptt, opt))


if __name__ == "__main__":
    main()
