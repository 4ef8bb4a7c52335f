import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from lidar import Sweeps, PointNet
from steps import Fp16Optimizer


class LidarTrainer:
    def __init__(self, net, loader):
        self.net = net.cuda()
        self.loader = loader
        self.optim = Fp16Optimizer(torch.optim.AdamW(net.parameters(), lr=1e-3))

    def train_one_epoch(self):
        self.net.train()
        losses = []
        for points, label in self.loader:
            self.optim.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                logits = self.net(points.cuda())
                loss = F.cross_entropy(logits, label.cuda(), label_smoothing=0.1)
            loss.backward()  # HERE
            self.optim.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)


if __name__ == "__main__":
    trainer = LidarTrainer(PointNet(40), DataLoader(Sweeps("modelnet40"), 64, shuffle=True, drop_last=True))
    for epoch in range(100):
        print(epoch, trainer.train_one_epoch())
