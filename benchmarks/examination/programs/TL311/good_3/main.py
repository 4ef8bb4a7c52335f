import torch
from torch.utils.data import DataLoader
from cuda_amp import autocast, GradScaler
from keypoints import Hands, Hourglass

net = Hourglass(stacks=2, joints=21).cuda()
opt = torch.optim.Adam(net.parameters(), lr=2.5e-4)
scaler = GradScaler()
net.train()
for epoch in range(60):
    for image, heat in DataLoader(Hands("freihand"), batch_size=32, shuffle=True, drop_last=True):
        opt.zero_grad()
        with autocast(dtype=torch.float16):
            stacks = net(image.cuda())
            loss = sum(torch.nn.functional.mse_loss(s, heat.cuda()) for s in stacks)
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    print(epoch, loss.item())
