import torch
from torch import nn
from torch.utils.data import DataLoader
from cells import Nuclei
from losses import mask_loss


class Saliency(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1),
                                 nn.ReLU(), nn.Conv2d(32, 1, 1), nn.Sigmoid())

    def forward(self, x):
        return self.net(x)


net = Saliency().cuda()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cuda")
for epoch in range(30):
    for image, mask in DataLoader(Nuclei("dsb2018"), batch_size=8, shuffle=True):
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = mask_loss(net(image.cuda()), mask.cuda())
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    print(epoch, loss.item())
