"""One generated batch serves both updates, so the graph of the generator is used twice."""
import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from inpaint import Holes, Filler, Patch


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lam", type=float, default=10.0)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    filler, patch = Filler().cuda().train(), Patch().cuda().train()
    f_opt = torch.optim.Adam(filler.parameters(), lr=1e-4)
    p_opt = torch.optim.Adam(patch.parameters(), lr=4e-4)
    for epoch in range(args.epochs):
        for image, hole in DataLoader(Holes("places"), 16, shuffle=True, drop_last=True):
            image, hole = image.cuda(), hole.cuda()
            filled = filler(image * (1 - hole), hole)
            f_loss = args.lam * F.l1_loss(filled, image)
            g_feat = torch.autograd.grad(f_loss, filled, retain_graph=True)[0]
            weight = 1.0 / (g_feat.norm() + 1e-6)
            f_loss = f_loss + weight.detach() * F.softplus(-patch(filled)).mean()
            f_opt.zero_grad()
            f_loss.backward()
            f_opt.step()

            p_opt.zero_grad()
            p_loss = F.softplus(-patch(image)).mean() + F.softplus(patch(filled.detach())).mean()
            p_loss.backward()
            p_opt.step()
        print(epoch, f_loss.item(), p_loss.item())


if __name__ == "__main__":
    main()
