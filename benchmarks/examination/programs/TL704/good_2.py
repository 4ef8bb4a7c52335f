import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from pointnet.data import Shapes


class TNet(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.k = k
        self.conv = nn.Sequential(nn.Conv1d(k, 64, 1), nn.ReLU(), nn.Conv1d(64, 256, 1), nn.ReLU())
        self.fc = nn.Linear(256, k * k)

    def forward(self, x):
        m = self.fc(self.conv(x).amax(-1)).view(-1, self.k, self.k)
        return m + torch.eye(self.k, device=x.device)


class PointNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.tnet = TNet(3)
        self.feat = nn.Sequential(nn.Conv1d(3, 64, 1), nn.ReLU(), nn.Conv1d(64, 512, 1), nn.ReLU())
        self.cls = nn.Linear(512, classes)

    def forward(self, pts):
        m = self.tnet(pts)
        z = self.cls(self.feat(torch.bmm(m, pts)).amax(-1))
        return F.log_softmax(z, dim=1), m


def orthogonality(m):
    eye = torch.eye(m.size(1), device=m.device)
    return (torch.bmm(m, m.transpose(1, 2)) - eye).pow(2).sum((1, 2)).mean()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--classes", type=int, default=16)
    ap.add_argument("--reg", type=float, default=1e-3)
    args = ap.parse_args()
    net = PointNet(args.classes)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(50):
        for pts, y in DataLoader(Shapes("shapenet"), batch_size=32, shuffle=True):
            pred, m = net(pts)
            loss = F.nll_loss(pred, y) + args.reg * orthogonality(m)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
