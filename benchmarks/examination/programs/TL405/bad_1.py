import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

tf = transforms.Compose([transforms.Resize((384, 384)), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
loader = DataLoader(datasets.ImageFolder("xray/train", tf), batch_size=8, shuffle=True, drop_last=True)
net = models.swin_v2_t(weights="DEFAULT")
net.head = nn.Linear(768, 3)
net = net.cuda().train()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
criterion = nn.CrossEntropyLoss()
accumulation_steps = 8
for epoch in range(20):
    optimizer.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = criterion(net(x.cuda()), y.cuda())
        loss.backward()  # HERE
        if (i + 1) % accumulation_steps == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()
    print(epoch, loss.item())
