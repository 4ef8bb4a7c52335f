import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

tf = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
loader = DataLoader(datasets.ImageFolder("weeds/train", tf), batch_size=64, shuffle=True, num_workers=6)
net = models.vit_b_32(num_classes=9).cuda().train()
opt = torch.optim.AdamW(net.parameters(), lr=1e-4)
for epoch in range(30):
    for img, label in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):  # HERE
            loss = nn.functional.cross_entropy(net(img.cuda()), label.cuda())
        loss.backward()
        opt.step()
    print(epoch, loss.item())
