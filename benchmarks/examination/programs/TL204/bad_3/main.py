import torch
from torch import nn
from torch.utils.data import DataLoader
from cooking import Clips
from net import VideoHead


class Trainer:
    def __init__(self, net):
        self.net = net.cuda()
        self.opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=3e-4)

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.net.train()  # HERE
            for clip, dish in loader:
                self.opt.zero_grad()
                loss = nn.functional.cross_entropy(self.net(clip.cuda()), dish.cuda())
                loss.backward()
                nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
                self.opt.step()
            print(epoch, loss.item())


Trainer(VideoHead(60)).fit(DataLoader(Clips("train"), batch_size=16, shuffle=True, drop_last=True), 20)
