import sys
import torch
from torch.utils.data import DataLoader
from losses import LOSSES
from roads import RoadTiles
import segmentation_models_pytorch as smp

objective = LOSSES[sys.argv[1] if len(sys.argv) > 1 else "dice"]
net = smp.Unet("resnet18", classes=1, activation=None).cuda()
opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
train_dl = DataLoader(RoadTiles("train"), batch_size=16, shuffle=True, drop_last=True)
val_dl = DataLoader(RoadTiles("val"), batch_size=16)
for epoch in range(40):
    net.train()
    for tile, mask in train_dl:
        opt.zero_grad()
        loss = objective(net(tile.cuda()), mask.cuda().float())
        loss.backward()
        opt.step()
    net.eval()
    inter = union = 0
    with torch.no_grad():
        for tile, mask in val_dl:
            guess = net(tile.cuda()).sigmoid() > 0.5
            inter += (guess & mask.cuda().bool()).sum().item()
            union += (guess | mask.cuda().bool()).sum().item()
    print(epoch, inter / union)
