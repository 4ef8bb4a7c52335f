import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from models import GenreNet


class GenreTrainer:
    def __init__(self, data):
        self.net = GenreNet(518, 16)
        self.loss_fn = nn.CrossEntropyLoss()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=5e-4)
        self.train_dl = DataLoader(TensorDataset(*data["train"]), batch_size=64, shuffle=True)
        self.val_dl = DataLoader(TensorDataset(*data["val"]), batch_size=256)

    def train(self):
        self.net.train()
        for x, y in self.train_dl:
            self.opt.zero_grad()
            loss = self.loss_fn(self.net(x), y)  # HERE
            loss.backward()
            self.opt.step()

    @torch.no_grad()
    def accuracy(self):
        self.net.eval()
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in self.val_dl) / len(self.val_dl.dataset)


trainer = GenreTrainer(torch.load("fma.pt"))
for epoch in range(40):
    trainer.train()
    print(epoch, trainer.accuracy())
