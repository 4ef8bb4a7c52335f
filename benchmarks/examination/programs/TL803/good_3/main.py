from dataclasses import asdict
import torch
from torch import nn
from torch.utils.data import DataLoader
from pneumonia import Scans
from settings import TRAIN, VALID
from torchvision import models

train_dl = DataLoader(Scans("train"), **asdict(TRAIN))
valid_dl = DataLoader(Scans("valid"), **asdict(VALID))
net = models.resnet18(weights="DEFAULT")
net.fc = nn.Linear(512, 3)
net = net.cuda()
opt = torch.optim.SGD(net.parameters(), lr=3e-3, momentum=0.9)
for epoch in range(15):
    net.train()
    for scan, label in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(scan.cuda()), label.cuda()).backward()
        opt.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for scan, label in valid_dl:
            right += (net(scan.cuda()).argmax(1).cpu() == label).sum().item()
    print(epoch, right / len(valid_dl.dataset))
