import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

transform = transforms.Compose([
    transforms.RandomResizedCrop(224),
    transforms.RandomHorizontalFlip(),
    transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])
train_set = datasets.ImageFolder("insects/train", transform=transform)
val_set = datasets.ImageFolder("insects/val", transform=transform)  # HERE
train_loader = DataLoader(train_set, batch_size=32, shuffle=True, num_workers=4)
val_loader = DataLoader(val_set, batch_size=32, num_workers=4)
net = models.vit_b_16(weights="DEFAULT")
net.heads = nn.Linear(768, len(train_set.classes))
net = net.cuda()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x.cuda()), y.cuda()).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        ok = sum((net(x.cuda()).argmax(1).cpu() == y).sum().item() for x, y in val_loader)
    print(epoch, ok / len(val_set))
