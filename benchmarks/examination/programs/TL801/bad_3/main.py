import torch
from torch import nn
from audio import UrbanSound
from loaders import make_loader


class SoundTrainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Conv2d(1, 24, 5, stride=2), nn.ReLU(), nn.Conv2d(24, 48, 5, stride=2), nn.ReLU(),
                                 nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 10)).cuda()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.train_loader = make_loader(UrbanSound("urbansound8k", folds=range(1, 9)))  # HERE
        self.test_loader = make_loader(UrbanSound("urbansound8k", folds=[9, 10]))

    def fit(self, epochs):
        for epoch in range(epochs):
            self.net.train()
            for mel, label in self.train_loader:
                self.opt.zero_grad()
                loss = nn.functional.cross_entropy(self.net(mel.cuda()), label.cuda())
                loss.backward()
                self.opt.step()
            print(epoch, self.test())

    @torch.no_grad()
    def test(self):
        self.net.eval()
        ok = [(self.net(m.cuda()).argmax(1).cpu() == y).float().mean().item() for m, y in self.test_loader]
        return sum(ok) / len(ok)


SoundTrainer().fit(30)
