import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, models
from torchvision import transforms as T

norm = T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
train_tf = T.Compose([T.RandomResizedCrop(224), T.RandomHorizontalFlip(), T.ToTensor(), norm])
val_tf = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), norm])
augmented = datasets.ImageFolder("dogs", train_tf)
plain = datasets.ImageFolder("dogs", val_tf)
order = torch.randperm(len(plain), generator=torch.Generator().manual_seed(0)).tolist()
cut = int(0.85 * len(order))
train_dl = DataLoader(Subset(augmented, order[:cut]), batch_size=64, shuffle=True, num_workers=4)
val_dl = DataLoader(Subset(plain, order[cut:]), batch_size=128, num_workers=4)
net = models.convnext_tiny(weights="DEFAULT")
net.classifier[2] = nn.Linear(768, len(plain.classes))
net = net.cuda()
opt = torch.optim.AdamW(net.parameters(), lr=5e-5)
for epoch in range(8):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x.cuda()), y.cuda()).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        ok = sum((net(x.cuda()).argmax(1).cpu() == y).sum().item() for x, y in val_dl)
    print(epoch, ok / (len(order) - cut))
