import torch
from torch import nn
from torch.utils.data import DataLoader
from deblur import GoPro, Restormer
from meters import AverageMeter

net = Restormer(dim=32).cuda()
opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
for epoch in range(100):
    losses = AverageMeter()
    net.train()
    for blurred, sharp in DataLoader(GoPro("train"), batch_size=8, shuffle=True):
        loss = nn.functional.l1_loss(net(blurred.cuda()), sharp.cuda())
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.update(loss, n=len(blurred))
    print(epoch, losses.avg)
