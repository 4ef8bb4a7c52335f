import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from vision.ct import Nodules


def block(cin, cout):
    return nn.Sequential(nn.Conv3d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm3d(cout), nn.ReLU(inplace=True),
                         nn.MaxPool3d(2))


class NoduleNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.features = nn.Sequential(block(1, width), block(width, 2 * width), block(2 * width, 4 * width))
        self.fc = nn.Linear(4 * width, 2)

    def forward(self, x):
        return self.fc(self.features(x).mean(dim=(2, 3, 4)))


def get_args():
    ap = argparse.ArgumentParser()
    ap.add_argument("--batch-size", type=int, default=4)
    ap.add_argument("--width", type=int, default=24)
    ap.add_argument("--epochs", type=int, default=60)
    return ap.parse_args()


def main():
    args = get_args()
    net = NoduleNet(args.width).cuda()
    opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
    loader = DataLoader(Nodules("luna16"), batch_size=args.batch_size, shuffle=True, drop_last=True)  # HERE
    net.train()
    for epoch in range(args.epochs):
        for cube, malignant in loader:
            loss = F.cross_entropy(net(cube.cuda()), malignant.cuda())
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
