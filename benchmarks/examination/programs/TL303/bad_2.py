import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from gan.data import Anime
from gan.nets import Gen, Disc


def parse():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="anime")
    ap.add_argument("--z", type=int, default=100)
    ap.add_argument("--epochs", type=int, default=50)
    return ap.parse_args()


def train(args):
    gen, disc = Gen(args.z).cuda().train(), Disc().cuda().train()
    opt_g = torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(disc.parameters(), lr=2e-4, betas=(0.5, 0.999))
    scaler_g, scaler_d = torch.amp.GradScaler("cuda"), torch.amp.GradScaler("cuda")
    for _ in range(args.epochs):
        for real in DataLoader(Anime(args.data), 64, shuffle=True, drop_last=True):
            real = real.cuda()
            noise = torch.randn(real.size(0), args.z, 1, 1, device="cuda")
            opt_d.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                fake = gen(noise)
                loss_d = F.relu(1 - disc(real)).mean() + F.relu(1 + disc(fake.detach())).mean()
            scaler_d.scale(loss_d).backward()
            scaler_d.step(opt_d)
            scaler_d.update()

            opt_g.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss_g = -disc(fake).mean()
            scaler_g.scale(loss_g).backward()
            opt_g.step()  # HERE
            scaler_g.update()
    torch.save(gen.state_dict(), "gen.pt")


if __name__ == "__main__":
    train(parse())
