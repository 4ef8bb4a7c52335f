import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from celeba import Faces
from gan import Generator, Discriminator


def clip_unscaled(scaler, optimizer, module, limit):
    scaler.unscale_(optimizer)
    return torch.nn.utils.clip_grad_norm_(module.parameters(), limit)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--clip", type=float, default=0.0)
    ap.add_argument("--epochs", type=int, default=40)
    args = ap.parse_args()
    gen, disc = Generator(128).cuda(), Discriminator().cuda()
    g_opt = torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.0, 0.99))
    d_opt = torch.optim.Adam(disc.parameters(), lr=2e-4, betas=(0.0, 0.99))
    g_scaler, d_scaler = torch.amp.GradScaler("cuda"), torch.amp.GradScaler("cuda")
    loader = DataLoader(Faces("celeba"), batch_size=64, shuffle=True, drop_last=True, num_workers=8)
    gen.train()
    disc.train()
    for _ in range(args.epochs):
        for real in loader:
            real = real.cuda(non_blocking=True)
            z = torch.randn(len(real), 128, device="cuda")
            d_opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                fake = gen(z)
                d_loss = F.softplus(-disc(real)).mean() + F.softplus(disc(fake.detach())).mean()
            d_scaler.scale(d_loss).backward()
            if args.clip > 0:
                clip_unscaled(d_scaler, d_opt, disc, args.clip)
            d_scaler.step(d_opt)
            d_scaler.update()

            g_opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                g_loss = F.softplus(-disc(fake)).mean()
            g_scaler.scale(g_loss).backward()
            if args.clip > 0:
                clip_unscaled(g_scaler, g_opt, gen, args.clip)
            g_scaler.step(g_opt)
            g_scaler.update()


if __name__ == "__main__":
    main()
