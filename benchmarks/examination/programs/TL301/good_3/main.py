import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms
from precision import NativeScaler

tf = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor(),
                         transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
loader = DataLoader(datasets.ImageFolder("birds/train", tf), batch_size=64, shuffle=True, num_workers=8)
swin = models.swin_t(num_classes=200).cuda()
opt = torch.optim.AdamW(swin.parameters(), lr=1e-4, weight_decay=0.05)
amp = NativeScaler()
swin.train()
for epoch in range(60):
    for image, label in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = nn.functional.cross_entropy(swin(image.cuda()), label.cuda())
        amp(loss, opt, clip=5.0, params=swin.parameters())
    torch.save({"model": swin.state_dict(), "opt": opt.state_dict(), "amp": amp.state_dict()}, "last.pt")
