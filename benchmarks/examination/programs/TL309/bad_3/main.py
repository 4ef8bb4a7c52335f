import os
import torch
from torch.utils.data import DataLoader
from nerf import RayDataset, InstantField
from trainer import Trainer

trainer = Trainer(InstantField().cuda(), lr=1e-2)
if os.path.exists("nerf.ckpt"):
    trainer.load_state_dict(torch.load("nerf.ckpt"))
loader = DataLoader(RayDataset("fern"), batch_size=4096, shuffle=True)
for epoch in range(20):
    for rays in loader:
        loss = trainer.step({k: v.cuda() for k, v in rays.items()})
        if trainer.step_no % 1000 == 0:
            print(trainer.step_no, loss)
            torch.save(trainer.state_dict(), "nerf.ckpt")
