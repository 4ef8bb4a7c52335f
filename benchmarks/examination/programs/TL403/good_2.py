"""WGAN: the weights, not the gradients, are clipped after the critic's step."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Clamp:
    def __init__(self, limit):
        self.limit = limit

    @torch.no_grad()
    def __call__(self, module):
        for p in module.parameters():
            p.clamp_(-self.limit, self.limit)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--limit", type=float, default=0.01)
    ap.add_argument("--epochs", type=int, default=200)
    args = ap.parse_args()
    table = torch.load("adult.pt")
    gen = nn.Sequential(nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, table.shape[1]))
    critic = nn.Sequential(nn.Linear(table.shape[1], 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
    g_opt = torch.optim.RMSprop(gen.parameters(), lr=5e-5)
    c_opt = torch.optim.RMSprop(critic.parameters(), lr=5e-5)
    clip = Clamp(args.limit)
    for p in gen.parameters():
        p.register_hook(lambda grad: grad.clamp(-1.0, 1.0))
    for epoch in range(args.epochs):
        for i, (real,) in enumerate(DataLoader(TensorDataset(table), 256, shuffle=True)):
            fake = gen(torch.randn(len(real), 32)).detach()
            c_opt.zero_grad()
            (critic(fake).mean() - critic(real).mean()).backward()
            c_opt.step()
            clip(critic)
            if i % 5 == 0:
                g_opt.zero_grad()
                g_loss = -critic(gen(torch.randn(len(real), 32))).mean()
                g_loss.backward()
                g_opt.step()
        print(epoch, g_loss.item())


if __name__ == "__main__":
    main()
