import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.ResNet18_Weights.DEFAULT
train_set = datasets.ImageFolder("bees/train", weights.transforms())
val_set = datasets.ImageFolder("bees/val", weights.transforms())
train_loader = DataLoader(train_set, batch_size=32, shuffle=True, drop_last=True)
val_loader = DataLoader(val_set, batch_size=32)
model = models.resnet18(weights=weights)
for param in model.parameters():
    param.requires_grad = False
model.fc = nn.Linear(512, 2)
model = model.cuda()
optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.001, momentum=0.9)
for epoch in range(25):
    model.train()  # HERE
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x.cuda()), y.cuda())
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        ok = sum((model(x.cuda()).argmax(1).cpu() == y).sum().item() for x, y in val_loader)
    print(epoch, ok / len(val_set))
