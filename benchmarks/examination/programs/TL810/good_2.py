import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from video import Clips


class FrameEncoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(3, 32, 5, stride=4), nn.ReLU(), nn.Conv2d(32, dim, 5, stride=4), nn.ReLU())

    def forward(self, clip):
        b, t, c, h, w = clip.shape
        z = self.cnn(clip.view(b * t, c, h, w)).mean(dim=(2, 3))
        return z.view(b, t, -1)


class TwoWay(nn.Module):
    def __init__(self, dim, classes):
        super().__init__()
        self.frames = FrameEncoder(dim)
        self.rnn = nn.GRU(dim, dim, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * dim, classes)

    def forward(self, clip):
        z = self.frames(clip)
        b, d = z.size(0), z.size(2)
        _, h = self.rnn(z)
        last = h.view(2, 2, b, d)[-1]
        return self.out(last.transpose(0, 1).reshape(b, -1))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--dim", type=int, default=128)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    net = TwoWay(args.dim, 51)
    opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
    for epoch in range(args.epochs):
        for clip, action in DataLoader(Clips("hmdb51"), batch_size=16, shuffle=True):
            loss = F.cross_entropy(net(clip), action)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
