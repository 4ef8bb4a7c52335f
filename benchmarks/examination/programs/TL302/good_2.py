"""Two optimizers, one scaler: updated once, after both have stepped."""
import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from pose.data import MotionClips
from pose.nets import Encoder, Decoder


def main(args):
    enc, dec = Encoder(args.dim).cuda(), Decoder(args.dim).cuda()
    opts = [torch.optim.Adam(enc.parameters(), lr=args.lr), torch.optim.Adam(dec.parameters(), lr=args.lr * 2)]
    scaler = torch.amp.GradScaler("cuda")
    loader = DataLoader(MotionClips(args.root), args.batch, shuffle=True)
    enc.train()
    dec.train()
    for epoch in range(args.epochs):
        for clip in loader:
            clip = clip.cuda()
            for opt in opts:
                opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = F.smooth_l1_loss(dec(enc(clip)), clip)
            scaler.scale(loss).backward()
            for opt in opts:
                scaler.unscale_(opt)
            torch.nn.utils.clip_grad_norm_([*enc.parameters(), *dec.parameters()], 1.0)
            for opt in opts:
                scaler.step(opt)
            scaler.update()
        print(epoch, loss.item())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default="amass")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--epochs", type=int, default=30)
    main(parser.parse_args())
