import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from blocks import ResidualHead


class ClickModel(nn.Module):
    def __init__(self, fields, dim=16):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(n, dim) for n in fields)
        self.head = ResidualHead(len(fields) * dim)

    def forward(self, x):
        cols = [table(x[:, i]) for i, table in enumerate(self.tables)]
        return self.head(torch.cat(cols, dim=1)).squeeze(1)


class Fit:
    def __init__(self, net):
        self.net = net
        self.opt = torch.optim.Adagrad(net.parameters(), lr=0.01)
        self.loss = nn.BCEWithLogitsLoss()

    def epoch(self, loader):
        self.net.train()
        for x, y in loader:
            self.opt.zero_grad()
            self.loss(self.net(x), y.float()).backward()
            self.opt.step()

    def logloss(self, loader):
        self.net.eval()
        with torch.no_grad():
            vals = [self.loss(self.net(x), y.float()).item() for x, y in loader]
        return sum(vals) / len(vals)


raw = torch.load("criteo_small.pt")
fit = Fit(ClickModel(raw["sizes"]))
train_dl = DataLoader(TensorDataset(*raw["train"]), batch_size=1024, shuffle=True)
test_dl = DataLoader(TensorDataset(*raw["test"]), batch_size=4096)
for _ in range(5):
    fit.epoch(train_dl)
    print(fit.logloss(test_dl))
