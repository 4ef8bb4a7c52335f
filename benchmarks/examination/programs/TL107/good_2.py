import argparse
import torch
import torch.nn as nn
import torch.nn.functional as F


class HyperNet(nn.Module):
    """Generates the weights of a linear layer from a task embedding."""

    def __init__(self, tasks, d_in, d_out, d_emb=16):
        super().__init__()
        self.task = nn.Embedding(tasks, d_emb)
        self.gen_w = nn.Linear(d_emb, d_in * d_out)
        self.gen_b = nn.Linear(d_emb, d_out)
        self.shape = (d_out, d_in)

    def forward(self, x, task):
        e = self.task(task)
        weight = self.gen_w(e).view(self.shape)
        bias = self.gen_b(e)
        pooled = nn.AvgPool1d(kernel_size=1)(x.unsqueeze(1)).squeeze(1)
        return F.linear(pooled, weight, bias)


class Linear:
    """Plain record of a line y = a x + b used to draw tasks."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def forward(self, x):
        scaled = Linear(self.a * 2, self.b)
        return scaled.a * x + scaled.b


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tasks", type=int, default=20)
    ap.add_argument("--steps", type=int, default=4000)
    args = ap.parse_args()
    lines = [Linear(*torch.randn(2).tolist()) for _ in range(args.tasks)]
    net = HyperNet(args.tasks, 1, 1)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(args.steps):
        k = torch.randint(args.tasks, ())
        x = torch.randn(64, 1)
        loss = F.mse_loss(net(x, k), lines[k].forward(x))
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 200 == 0:
            print(step, loss.item())


if __name__ == "__main__":
    main()
