"""The loop starts with the update of the batch before; a primed flag guards the first turn."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from sat import Tiles


class Pipelined:
    def __init__(self, net, opt):
        self.net, self.opt, self.primed = net, opt, False

    def push(self, image, cover):
        if self.primed:
            self.opt.step()
        self.opt.zero_grad()
        loss = nn.functional.cross_entropy(self.net(image), cover)
        loss.backward()
        self.primed = True
        return loss.detach()

    def drain(self):
        if self.primed:
            self.opt.step()
            self.opt.zero_grad()
        self.primed = False


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=12)
    args = ap.parse_args()
    net = nn.Sequential(nn.Conv2d(4, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 9, 1)).cuda()
    pipe = Pipelined(net, torch.optim.AdamW(net.parameters(), lr=1e-3))
    for epoch in range(args.epochs):
        for image, cover in DataLoader(Tiles("loveda"), 16, shuffle=True):
            loss = pipe.push(image.cuda(), cover.cuda())
        pipe.drain()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
