import argparse
import torch
import torch.nn.functional as F
from torch import nn


class BayesLeNet(nn.Module):
    """Always samples its dropout masks: MC dropout is switched by `sample`."""

    def __init__(self, p=0.25, sample=False):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, 10)
        self.p = p
        self.sample = sample

    def _drop(self, x):
        active = self.training or self.sample
        return F.dropout(x, self.p, active)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self._drop(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self._drop(self.conv2(x))), 2)
        x = F.relu(self._drop(self.fc1(x.flatten(1))))
        return self.fc2(x)


def entropy(net, batch, n):
    net.eval()
    net.sample = True
    with torch.no_grad():
        probs = torch.stack([F.softmax(net(batch), dim=-1) for _ in range(n)]).mean(0)
    net.sample = False
    return -torch.special.xlogy(probs, probs).sum(-1)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("weights")
    p.add_argument("images")
    p.add_argument("-n", type=int, default=30)
    a = p.parse_args()
    net = BayesLeNet()
    net.load_state_dict(torch.load(a.weights, map_location="cpu"))
    print(entropy(net, torch.load(a.images), a.n).tolist())
