import torch
from torch import nn
from torch.utils.data import DataLoader
from masks import FaceMasks
from net import build_net


class MaskTrainer:
    def __init__(self):
        self.net = build_net()
        self.criterion = nn.CrossEntropyLoss()
        self.opt = torch.optim.SGD(self.net.parameters(), lr=1e-3, momentum=0.9)

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            running = 0.0
            for image, masked in loader:
                self.opt.zero_grad()
                out = self.net(image)
                loss = self.criterion(out, masked.float().view(-1, 1))  # HERE
                loss.backward()
                self.opt.step()
                running += loss.item()
            print(epoch, running / len(loader))


MaskTrainer().fit(DataLoader(FaceMasks("train"), batch_size=32, shuffle=True, drop_last=True), epochs=10)
