import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from fluids import Slices


def make_gen(z):
    return nn.Sequential(nn.Linear(z, 256), nn.ReLU(), nn.Linear(256, 1024))


def make_disc():
    return nn.Sequential(nn.Linear(1024, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--z", type=int, default=32)
    ap.add_argument("--epochs", type=int, default=60)
    args = ap.parse_args()
    gen, disc = make_gen(args.z), make_disc()
    opt_g = torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.5, 0.999))  # HERE
    for epoch in range(args.epochs):
        for real in DataLoader(Slices("vortex"), batch_size=64, shuffle=True):
            fake = gen(torch.randn(len(real), args.z))
            loss_d = F.softplus(-disc(real)).mean() + F.softplus(disc(fake.detach())).mean()
            disc.zero_grad()
            loss_d.backward()
            opt_d.step()
            loss_g = F.softplus(-disc(fake)).mean()
            opt_g.zero_grad()
            loss_g.backward()
            opt_g.step()
        print(epoch, loss_d.item(), loss_g.item())


if __name__ == "__main__":
    main()
