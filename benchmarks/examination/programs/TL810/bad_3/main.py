import torch
from torch import nn
from torch.utils.data import DataLoader
from lrw import LipFeatures
from net import LipReader


class Trainer:
    def __init__(self, net):
        self.net = net
        self.opt = torch.optim.AdamW(net.parameters(), lr=5e-4)
        self.loss = nn.CrossEntropyLoss(label_smoothing=0.1)

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for feats, word in loader:
                self.opt.zero_grad()
                loss = self.loss(self.net(feats), word)
                loss.backward()
                nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
                self.opt.step()
            print(epoch, loss.item())


Trainer(LipReader(256, 500)).fit(DataLoader(LipFeatures("train"), batch_size=64, shuffle=True), 20)
