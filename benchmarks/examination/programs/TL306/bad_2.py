import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from kitti.data import FlowPairs
from kitti.raft import TinyRaft


def endpoint_error(flow, gt, valid):
    epe = (flow - gt).pow(2).sum(1).add(1e-6).sqrt()
    return (epe * valid).sum() / valid.sum()


def train(net, loader, optimizer, epochs):
    net.train()
    for epoch in range(epochs):
        for first, second, gt, valid in loader:
            first, second, gt, valid = (t.cuda(non_blocking=True) for t in (first, second, gt, valid))
            with torch.amp.autocast(device_type="cuda"):  # HERE
                flow = net(first, second)
            loss = endpoint_error(flow.float(), gt, valid)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        print(epoch, loss.item())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="/data/kitti")
    ap.add_argument("--batch", type=int, default=10)
    args = ap.parse_args()
    net = TinyRaft(iters=8).cuda()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-4)
    loader = DataLoader(FlowPairs(args.root), args.batch, shuffle=True, num_workers=6, pin_memory=True)
    train(net, loader, optimizer, 60)


if __name__ == "__main__":
    main()
