"""Deep ensemble: the members are independent and handled one by one."""
import argparse
from dataclasses import dataclass
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Member:
    net: nn.Module
    opt: torch.optim.Optimizer


class Ensemble:
    def __init__(self, n, d_in, device):
        self.members = []
        for _ in range(n):
            net = nn.Sequential(nn.Linear(d_in, 100), nn.ReLU(), nn.Dropout(0.05), nn.Linear(100, 2)).to(device)
            self.members.append(Member(net, torch.optim.Adam(net.parameters(), lr=1e-3)))
        self.device = device

    def fit(self, dataset, epochs):
        for member in self.members:
            member.net.train()
            for _ in range(epochs):
                for x, y in DataLoader(dataset, batch_size=32, shuffle=True):
                    x, y = x.to(self.device), y.to(self.device)
                    mean, log_var = member.net(x).unbind(dim=-1)
                    loss = nn.functional.gaussian_nll_loss(mean, y, log_var.exp())
                    member.opt.zero_grad()
                    loss.backward()
                    member.opt.step()

    @torch.no_grad()
    def predict(self, x):
        outs = []
        for member in self.members:
            member.net.eval()
            outs.append(member.net(x.to(self.device))[:, 0])
        return torch.stack(outs).mean(0), torch.stack(outs).std(0)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--members", type=int, default=5)
    ap.add_argument("--epochs", type=int, default=40)
    args = ap.parse_args()
    uci = torch.load("concrete.pt")
    ens = Ensemble(args.members, 8, "cpu")
    ens.fit(TensorDataset(uci["x"], uci["y"]), args.epochs)
    mean, std = ens.predict(uci["x_test"])
    print((mean - uci["y_test"]).pow(2).mean().sqrt().item(), std.mean().item())
