import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler
from harbour import ShipTiles
from parallel import distribute, start


def stack(*widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return layers


local = start()
net = distribute(nn.Sequential(*stack(3, 32, 64, 64), nn.Conv2d(64, 1, 1)), local)
data = ShipTiles("train")
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=4, sampler=sampler, drop_last=True)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
net.train()
for epoch in range(30):
    sampler.set_epoch(epoch)
    for tile, ship in loader:
        loss = nn.functional.binary_cross_entropy_with_logits(net(tile.cuda()), ship.cuda().float())
        opt.zero_grad()
        loss.backward()
        opt.step()
dist.destroy_process_group()
