import torch
import torch.nn.functional as F
from scene import Voxels

rays = torch.load("rays.pt")
scene = Voxels(96)
scene.cuda()
scene.float()
opt = torch.optim.Adam(scene.parameters(), lr=1e-2)
samples = torch.linspace(0, 1, 64).cuda()
for it in range(3000):
    idx = torch.randint(len(rays["o"]), (512,))
    o, d, rgb = (rays[k][idx].cuda(non_blocking=False) for k in ("o", "d", "rgb"))
    pts = o[:, None] + d[:, None] * samples[None, :, None]
    raw = scene(pts.reshape(-1, 3)).view(512, 64, 4)
    alpha = 1 - torch.exp(-F.softplus(raw[..., 3]) / 64)
    trans = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha[:, :-1]], 1), 1)
    color = ((alpha * trans)[..., None] * raw[..., :3].sigmoid()).sum(1)
    loss = F.mse_loss(color, rgb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    scene.prune(8.0)
torch.save(scene.state_dict(), "scene.pt")
