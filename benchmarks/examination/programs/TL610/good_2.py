"""CycleGAN: two generators share one optimizer, two critics another."""
import argparse
import itertools
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from cycle import Critic, Horses, ResGenerator, Zebras


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lam", type=float, default=10.0)
    ap.add_argument("--epochs", type=int, default=100)
    args = ap.parse_args()
    to_z, to_h = ResGenerator().cuda().train(), ResGenerator().cuda().train()
    see_z, see_h = Critic().cuda().train(), Critic().cuda().train()
    g_opt = torch.optim.Adam(itertools.chain(to_z.parameters(), to_h.parameters()), lr=2e-4, betas=(0.5, 0.999))
    d_opt = torch.optim.Adam([*see_z.parameters(), *see_h.parameters()], lr=2e-4, betas=(0.5, 0.999))
    horses = DataLoader(Horses("train"), 8, shuffle=True, drop_last=True)
    zebras = DataLoader(Zebras("train"), 8, shuffle=True, drop_last=True)
    for epoch in range(args.epochs):
        for h, z in zip(horses, zebras):
            h, z = h.cuda(), z.cuda()
            fz, fh = to_z(h), to_h(z)
            cycle = F.l1_loss(to_h(fz), h) + F.l1_loss(to_z(fh), z)
            fool = (see_z(fz) - 1).pow(2).mean() + (see_h(fh) - 1).pow(2).mean()
            g_opt.zero_grad()
            g_loss = fool + args.lam * cycle
            g_loss.backward()
            g_opt.step()
            d_opt.zero_grad()
            d_loss = sum(((c(real) - 1).pow(2).mean() + c(fake.detach()).pow(2).mean())
                         for c, real, fake in ((see_z, z, fz), (see_h, h, fh)))
            d_loss.backward()
            d_opt.step()
        print(epoch, g_loss.item(), d_loss.item())


if __name__ == "__main__":
    main()
