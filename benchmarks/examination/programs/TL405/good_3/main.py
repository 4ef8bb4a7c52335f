import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from accum import Accumulator
from ct import Volumes, VNet

net = VNet(classes=3).cuda()
accumulator = Accumulator(torch.optim.AdamW(net.parameters(), lr=1e-3), every=8)
net.train()
for epoch in range(200):
    for volume, organ in DataLoader(Volumes("kits19"), batch_size=1, shuffle=True, num_workers=4):
        loss = F.cross_entropy(net(volume.cuda()), organ.cuda())
        accumulator.backward(loss)
    accumulator.flush()
    print(epoch, loss.item())
