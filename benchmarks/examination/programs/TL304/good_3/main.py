import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from facade import PairedImages
from pix2pix import UNetGenerator
import amp_utils

gen = UNetGenerator(3, 3).cuda()
opt = torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.5, 0.999))
loader = DataLoader(PairedImages("facades/train"), batch_size=16, shuffle=True, drop_last=True)
gen.train()
for epoch in range(200):
    for a, b in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            l1 = F.l1_loss(gen(a.cuda()), b.cuda())
        objective = amp_utils.scaled(100 * l1)
        objective.backward()
        amp_utils.finish(opt)
    print(epoch, l1.item())
