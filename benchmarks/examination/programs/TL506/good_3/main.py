import itertools
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader
from config import Config
from weatherbench import Fields

cfg = Config()
net = nn.Sequential(nn.Conv2d(8, 96, 5, padding=2), nn.GELU(), nn.Conv2d(96, 8, 5, padding=2)).cuda()
opt = torch.optim.AdamW(net.parameters(), lr=cfg.lr)
sched = CosineAnnealingLR(opt, T_max=cfg.steps)
loader = DataLoader(Fields("train"), batch_size=cfg.batch, shuffle=True, num_workers=4)


def forever(batches):
    while True:
        yield from batches


for step, (now, later) in enumerate(itertools.islice(forever(loader), cfg.steps)):
    opt.zero_grad()
    loss = nn.functional.mse_loss(net(now.cuda()), later.cuda())
    loss.backward()
    opt.step()
    sched.step()
    if step % 500 == 0:
        print(step, loss.item())
