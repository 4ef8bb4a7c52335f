"""WGAN-GP: the penalty is taken on unscaled gradients, the total is scaled."""
import argparse
import torch
from torch.utils.data import DataLoader
from molgan.data import Fingerprints
from molgan.nets import Critic, Generator


def gradient_penalty(critic, real, fake, scaler):
    mix = torch.rand(len(real), 1, device=real.device)
    x = (mix * real + (1 - mix) * fake).requires_grad_(True)
    with torch.autocast("cuda", dtype=torch.float16):
        score = critic(x)
    grads = torch.autograd.grad(scaler.scale(score.float().sum()), x, create_graph=True)[0]
    grads = grads / scaler.get_scale()
    return (grads.norm(2, dim=1) - 1).pow(2).mean()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=100)
    args = ap.parse_args()
    gen, critic = Generator(64).cuda(), Critic().cuda()
    g_opt = torch.optim.Adam(gen.parameters(), lr=1e-4, betas=(0.0, 0.9))
    c_opt = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    scaler = torch.amp.GradScaler("cuda")
    for _ in range(args.epochs):
        for i, real in enumerate(DataLoader(Fingerprints("zinc"), 256, shuffle=True)):
            real = real.cuda()
            c_opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                fake = gen(torch.randn(len(real), 64, device="cuda"))
                w_loss = critic(fake.detach()).mean() - critic(real).mean()
            total = w_loss.float() + 10 * gradient_penalty(critic, real, fake.detach().float(), scaler)
            scaler.scale(total).backward()
            scaler.step(c_opt)
            if i % 5 == 4:
                g_opt.zero_grad()
                with torch.autocast("cuda", dtype=torch.float16):
                    g_loss = -critic(gen(torch.randn(len(real), 64, device="cuda"))).mean()
                scaler.scale(g_loss).backward()
                scaler.step(g_opt)
            scaler.update()


if __name__ == "__main__":
    main()
