import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.ViT_B_16_Weights.DEFAULT
data = datasets.CIFAR100("data", True, weights.transforms(), download=True)
loader = DataLoader(data, batch_size=64, shuffle=True, num_workers=8)
net = models.vit_b_16(weights=weights)
net.heads = nn.Linear(768, 100)
net = net.cuda().train()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)  # HERE
for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        loss.backward()
        optimizer.step()
    print(epoch, loss.item(), optimizer.param_groups[0]["lr"])
