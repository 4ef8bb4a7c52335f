import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from pipeline import transform_for


class LandUse:
    def __init__(self, root, classes):
        self.loaders = {s: DataLoader(ImageFolder(f"{root}/{s}", transform_for(s)), batch_size=64, shuffle=s == "train")
                        for s in ("train", "val", "test")}
        self.net = nn.Sequential(nn.Conv2d(3, 32, 7, stride=4), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(),
                                 nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, classes))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def train(self):
        self.net.train()
        for x, y in self.loaders["train"]:
            self.opt.zero_grad()
            nn.functional.cross_entropy(self.net(x), y).backward()
            self.opt.step()

    @torch.no_grad()
    def score(self, split):
        self.net.eval()
        loader = self.loaders[split]
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


job = LandUse("ucmerced", 21)
for epoch in range(25):
    job.train()
    print(epoch, job.score("val"))
print("test", job.score("test"))
