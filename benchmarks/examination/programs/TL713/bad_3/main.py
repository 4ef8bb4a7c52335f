import torch
from torch import nn
from torch.utils.data import DataLoader
from mask import padding_mask
from signs import Glosses, collate


class SignNet(nn.Module):
    def __init__(self, joints=543, dim=256, glosses=250):
        super().__init__()
        self.inp = nn.Linear(joints, dim)
        self.att = nn.MultiheadAttention(dim, 8, batch_first=True)
        self.norm = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, glosses)

    def forward(self, pose, lengths):
        x = self.inp(pose)
        pad = padding_mask(lengths, x.size(1))
        y, _ = self.att(x, x, x, key_padding_mask=pad)  # HERE
        return self.out(self.norm(x + y)[:, 0])


class Fit:
    def __init__(self):
        self.net = SignNet()
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-4)

    def run(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for pose, lengths, gloss in loader:
                loss = nn.functional.cross_entropy(self.net(pose, lengths), gloss)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


Fit().run(DataLoader(Glosses("asl"), batch_size=64, shuffle=True, collate_fn=collate), 40)
