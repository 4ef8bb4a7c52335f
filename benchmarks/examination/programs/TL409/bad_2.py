import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from gan.dcgan import Generator, Discriminator
from gan.data import Lsun


def train(args):
    netG, netD = Generator(args.nz).cuda().train(), Discriminator().cuda().train()
    optG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    loader = DataLoader(Lsun(args.data), batch_size=64, shuffle=True, drop_last=True, num_workers=4)
    for epoch in range(args.epochs):
        for real in loader:
            real = real.cuda()
            fake = netG(torch.randn(len(real), args.nz, 1, 1, device="cuda"))
            optD.zero_grad()
            lossD = F.softplus(-netD(real)).mean() + F.softplus(netD(fake.detach())).mean()
            lossD.backward(retain_graph=True)  # HERE
            optD.step()
            optG.zero_grad()
            lossG = F.softplus(-netD(fake)).mean()
            lossG.backward()
            optG.step()
        print(epoch, lossD.item(), lossG.item())


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--data", default="church")
    p.add_argument("--nz", type=int, default=128)
    p.add_argument("--epochs", type=int, default=25)
    train(p.parse_args())
