"""First-order MAML: gradients come from autograd.grad and are written, never accumulated."""
import argparse
import copy
import torch
import torch.nn.functional as F
from torch import nn


class Sines:
    def sample(self, shots):
        amp, phase = torch.rand(()) * 4.9 + 0.1, torch.rand(()) * 3.14
        x = torch.rand(2 * shots, 1) * 10 - 5
        y = amp * torch.sin(x + phase)
        return x[:shots], y[:shots], x[shots:], y[shots:]


def adapt(net, x, y, lr, steps):
    fast = copy.deepcopy(net)
    for _ in range(steps):
        grads = torch.autograd.grad(F.mse_loss(fast(x), y), list(fast.parameters()))
        with torch.no_grad():
            for p, g in zip(fast.parameters(), grads):
                p -= lr * g
    return fast


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tasks", type=int, default=4)
    ap.add_argument("--iters", type=int, default=20000)
    ap.add_argument("--inner-lr", type=float, default=0.01)
    args = ap.parse_args()
    net = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
    meta = torch.optim.Adam(net.parameters(), lr=1e-3)
    sines = Sines()
    for it in range(args.iters):
        outer = [torch.zeros_like(p) for p in net.parameters()]
        for _ in range(args.tasks):
            xs, ys, xq, yq = sines.sample(10)
            fast = adapt(net, xs, ys, args.inner_lr, 5)
            query = F.mse_loss(fast(xq), yq)
            for total, g in zip(outer, torch.autograd.grad(query, list(fast.parameters()))):
                total.add_(g, alpha=1 / args.tasks)
        for p, g in zip(net.parameters(), outer):
            p.grad = g
        meta.step()
        if it % 500 == 0:
            print(it, query.item())


if __name__ == "__main__":
    main()
