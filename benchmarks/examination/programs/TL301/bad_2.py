import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from diffusion.data import Patches
from diffusion.unet import UNet


def train_step(unet, batch, alpha_bar, opt, scaler, limit):
    t = torch.randint(0, len(alpha_bar), (len(batch),), device=batch.device)
    noise = torch.randn_like(batch)
    a = alpha_bar[t].view(-1, 1, 1, 1)
    with torch.autocast("cuda", dtype=torch.float16):
        pred = unet(a.sqrt() * batch + (1 - a).sqrt() * noise, t)
        loss = F.mse_loss(pred.float(), noise)
    opt.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    for p in unet.parameters():
        if p.grad is not None:
            p.grad.clamp_(-limit, limit)  # HERE
    scaler.step(opt)
    scaler.update()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", required=True)
    ap.add_argument("--limit", type=float, default=0.5)
    ap.add_argument("--epochs", type=int, default=100)
    args = ap.parse_args()
    unet = UNet(channels=64).cuda().train()
    opt = torch.optim.AdamW(unet.parameters(), lr=1e-4)
    scaler = torch.amp.GradScaler("cuda")
    alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0).cuda()
    for epoch in range(args.epochs):
        for batch in DataLoader(Patches(args.root), 32, shuffle=True, num_workers=4):
            loss = train_step(unet, batch.cuda(), alpha_bar, opt, scaler, args.limit)
        print(epoch, loss)


if __name__ == "__main__":
    main()
