import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler, UNet2DModel
from torch.utils.data import DataLoader, TensorDataset

shots = torch.load("sprites.pt")
loader = DataLoader(TensorDataset(shots), batch_size=32, shuffle=True)
unet = UNet2DModel(sample_size=32, in_channels=3, out_channels=3, block_out_channels=(64, 128),
                   down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D")).cuda()
scheduler = DDPMScheduler(num_train_timesteps=1000)
optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4)


@torch.no_grad()
def sample(n):
    unet.eval()
    x = torch.randn(n, 3, 32, 32, device="cuda")
    for t in scheduler.timesteps:
        x = scheduler.step(unet(x, t).sample, t, x).prev_sample
    unet.train()
    return x.cpu()


for epoch in range(50):
    if epoch % 10 == 0:
        torch.save(sample(16), f"samples_{epoch}.pt")
    for (x,) in loader:
        x = x.cuda()
        noise = torch.randn_like(x)
        t = torch.randint(0, 1000, (len(x),), device="cuda")
        loss = F.mse_loss(unet(scheduler.add_noise(x, noise, t), t).sample, noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
