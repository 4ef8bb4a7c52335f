import torch
from torch.utils.data import DataLoader
from losses import CenterDice
from polyps import Kvasir, SmallUNet


class Segmenter:
    def __init__(self, lr=1e-3):
        self.net = SmallUNet(3, 1)
        self.loss = CenterDice()
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=lr)

    def step(self, image, mask):
        self.opt.zero_grad()
        loss = self.loss(self.net(image), mask)
        loss.backward()
        self.opt.step()
        return loss.item()


seg = Segmenter()
seg.net.train()
loader = DataLoader(Kvasir("train"), batch_size=16, shuffle=True, drop_last=True)
for epoch in range(50):
    print(epoch, sum(seg.step(i, m) for i, m in loader) / len(loader))
