import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.ConvNeXt_Tiny_Weights.DEFAULT
loader = DataLoader(datasets.Caltech101("data", transform=weights.transforms(), download=True), batch_size=32, shuffle=True)
net = models.convnext_tiny(weights=weights)
net.classifier[2] = nn.Linear(768, 101)
net.features.requires_grad_(False)


def optimise(lr):
    params = [p for p in net.parameters() if p.requires_grad]
    return torch.optim.SGD(params, lr=lr, momentum=0.9)


opt = optimise(0.01)
sched = StepLR(opt, step_size=2)
for epoch in range(10):
    if epoch == 4:
        net.features.requires_grad_(True)
        opt = optimise(0.001)
        sched = StepLR(opt, step_size=3)
    net.train()
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    sched.step()
    print(epoch, loss.item())
