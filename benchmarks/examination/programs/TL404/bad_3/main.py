import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from meters import Running


class Trainer:
    def __init__(self, net, loader):
        self.net, self.loader = net, loader
        self.opt = torch.optim.Adam(net.parameters(), lr=1e-3)

    def epoch(self):
        self.net.train()
        running = Running()
        for x, dose in self.loader:
            loss = nn.functional.mse_loss(self.net(x).squeeze(1), dose)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            running.add(loss, len(x))  # HERE
        return running.mean()


d = torch.load("dosage.pt")
net = nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 1))
trainer = Trainer(net, DataLoader(TensorDataset(d["x"], d["dose"]), batch_size=32, shuffle=True))
for epoch in range(200):
    print(epoch, float(trainer.epoch()))
