import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from learner import Learner

bars = torch.load("ohlc.pt")


class Tcn(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(5, 32, 3, padding=2, dilation=2)
        self.c2 = nn.Conv1d(32, 32, 3, padding=4, dilation=4)
        self.out = nn.Linear(32, 3)

    def forward(self, x):
        return self.out(self.c2(self.c1(x).relu()).relu()[..., -1])


learner = Learner(Tcn(), nn.CrossEntropyLoss(), 5e-4)
loader = DataLoader(TensorDataset(bars["x"], bars["side"]), batch_size=128, shuffle=True)
for epoch in range(15):
    print(epoch, sum(learner.step(x, y) for x, y in loader) / len(loader))
