import torch
from torch import nn
from torch.utils.data import DataLoader
from disc import PatchDiscriminator
from maps import PairSet, Translator


class Pix2Pix:
    def __init__(self):
        self.gen, self.disc = Translator(), PatchDiscriminator(6)
        self.opt_g = torch.optim.Adam(self.gen.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.opt_d = torch.optim.Adam(self.disc.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.adv = nn.BCEWithLogitsLoss()
        self.l1 = nn.L1Loss()

    def gan_loss(self, pair, real):
        out = self.disc(pair)
        target = torch.ones_like(out) if real else torch.zeros_like(out)
        return self.adv(out, target)  # HERE

    def step(self, a, b):
        fake = self.gen(a)
        self.opt_d.zero_grad()
        d_loss = self.gan_loss(torch.cat([a, b], 1), True) + self.gan_loss(torch.cat([a, fake.detach()], 1), False)
        d_loss.backward()
        self.opt_d.step()
        self.opt_g.zero_grad()
        g_loss = self.gan_loss(torch.cat([a, fake], 1), True) + 100 * self.l1(fake, b)
        g_loss.backward()
        self.opt_g.step()
        return d_loss.item(), g_loss.item()


p2p = Pix2Pix()
for epoch in range(100):
    for a, b in DataLoader(PairSet("maps/train"), batch_size=16, shuffle=True, drop_last=True):
        losses = p2p.step(a, b)
    print(epoch, losses)
