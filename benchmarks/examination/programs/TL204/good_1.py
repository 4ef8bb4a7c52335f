import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.ResNet50_Weights.DEFAULT
loader = DataLoader(datasets.ImageFolder("moths/train", weights.transforms()), batch_size=64, shuffle=True, num_workers=4)
backbone = models.resnet50(weights=weights)
backbone.fc = nn.Identity()
for p in backbone.parameters():
    p.requires_grad = False
head = nn.Sequential(nn.Dropout(0.2), nn.Linear(2048, 80))
net = nn.Sequential(backbone, head).cuda()
opt = torch.optim.AdamW(head.parameters(), lr=1e-3)
for epoch in range(10):
    net.train()
    backbone.eval()
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        loss.backward()
        opt.step()
    print(epoch, loss.item())
