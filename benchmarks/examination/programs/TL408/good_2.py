import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from rt import Streams


class StreamVad(nn.Module):
    """Keeps its own state between chunks; stores it without a graph."""

    def __init__(self, mels, hidden):
        super().__init__()
        self.rnn = nn.GRU(mels, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)
        self.state = None

    def reset(self):
        self.state = None

    def forward(self, chunk):
        h, state = self.rnn(chunk, self.state)
        self.state = state.data.clone()
        return self.out(h).squeeze(-1)


def run_stream(net, chunks, labels, opt):
    net.reset()
    total = 0.0
    for chunk, label in zip(chunks, labels):
        loss = nn.functional.binary_cross_entropy_with_logits(net(chunk), label)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        total += loss.item()
    return total / len(chunks)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--chunk", type=int, default=50)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    net = StreamVad(40, 64)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for mel, speech in DataLoader(Streams("ava"), batch_size=16, shuffle=True):
            loss = run_stream(net, mel.split(args.chunk, 1), speech.split(args.chunk, 1), opt)
        print(epoch, loss)


if __name__ == "__main__":
    main()
