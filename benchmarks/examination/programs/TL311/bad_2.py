import argparse
import torch
from torch.amp import autocast
from torch.cuda.amp import GradScaler
from torch.utils.data import DataLoader
from super_res import Div2k, Edsr


def train(net, loader, opt, scaler, epochs):
    net.train()
    for epoch in range(epochs):
        for low, high in loader:
            opt.zero_grad(set_to_none=True)
            with autocast("cuda", dtype=torch.float16):
                loss = torch.nn.functional.l1_loss(net(low.cuda()), high.cuda())
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
        print(epoch, loss.item())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--scale", type=int, default=4)
    ap.add_argument("--no-amp", action="store_true")
    args = ap.parse_args()
    net = Edsr(args.scale).cuda()
    opt = torch.optim.Adam(net.parameters(), lr=1e-4)
    scaler = GradScaler(enabled=not args.no_amp)  # HERE
    train(net, DataLoader(Div2k(args.scale), batch_size=16, shuffle=True, num_workers=8), opt, scaler, 300)


if __name__ == "__main__":
    main()
