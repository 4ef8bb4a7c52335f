import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from net import Discriminator, Generator


class Gan:
    def __init__(self):
        self.g, self.d = Generator().cuda(), Discriminator().cuda()
        self.og = torch.optim.Adam(self.g.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.od = torch.optim.Adam(self.d.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.sg, self.sd = torch.amp.GradScaler("cuda"), torch.amp.GradScaler("cuda")
        self.bce = nn.BCELoss()

    def judge(self, x, value):
        with torch.autocast("cuda", dtype=torch.float16):
            p = self.d(x)
            return self.bce(p, torch.full_like(p, value))  # HERE

    def step(self, real):
        fake = self.g(torch.randn(len(real), 100, 1, 1, device="cuda"))
        self.od.zero_grad()
        self.sd.scale(self.judge(real, 1.0) + self.judge(fake.detach(), 0.0)).backward()
        self.sd.step(self.od)
        self.sd.update()
        self.og.zero_grad()
        self.sg.scale(self.judge(fake, 1.0)).backward()
        self.sg.step(self.og)
        self.sg.update()


tf = transforms.Compose([transforms.Resize(32), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
gan = Gan()
for epoch in range(30):
    for real, _ in DataLoader(datasets.CIFAR10("data", True, tf, download=True), 128, shuffle=True):
        gan.step(real.cuda())
