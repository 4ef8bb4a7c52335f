import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from nets import Scorer


class Transfer:
    def __init__(self, checkpoint, classes):
        self.net = Scorer(256, 1000)
        self.net.load_state_dict(torch.load(checkpoint))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=5e-4)
        self.net.reset_head(classes)

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for x, y in loader:
                self.opt.zero_grad()
                loss = nn.functional.cross_entropy(self.net(x), y)
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


d = torch.load("mushrooms.pt")
Transfer("scorer1000.pt", 23).fit(DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True), 15)
