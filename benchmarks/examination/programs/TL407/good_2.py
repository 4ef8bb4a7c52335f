"""REINFORCE over discrete codes; numpy rewards enter only as weights."""
import argparse
import numpy as np
import torch
from torch import nn


class Policy(nn.Module):
    def __init__(self, cities, dim=64):
        super().__init__()
        self.emb = nn.Linear(2, dim)
        self.score = nn.Linear(dim, dim)
        self.cities = cities

    def forward(self, pts):
        h = self.emb(pts).relu()
        visited = torch.zeros(pts.shape[:2], dtype=torch.bool)
        current, log_probs, tour = h.mean(1), [], []
        for _ in range(self.cities):
            logits = torch.einsum("bd,bnd->bn", self.score(current), h).masked_fill(visited, -1e9)
            dist = torch.distributions.Categorical(logits=logits)
            pick = dist.sample()
            log_probs.append(dist.log_prob(pick))
            tour.append(pick)
            visited = visited.scatter(1, pick[:, None], True)
            current = h[torch.arange(len(pts)), pick]
        return torch.stack(tour, 1), torch.stack(log_probs, 1).sum(1)


def length(pts, tour):
    p = np.take_along_axis(pts, tour[..., None], axis=1)
    return np.linalg.norm(p - np.roll(p, -1, axis=1), axis=-1).sum(-1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--cities", type=int, default=20)
    ap.add_argument("--steps", type=int, default=10000)
    args = ap.parse_args()
    policy = Policy(args.cities)
    opt = torch.optim.Adam(policy.parameters(), lr=1e-3)
    baseline = None
    for step in range(args.steps):
        pts = torch.rand(128, args.cities, 2)
        tour, log_prob = policy(pts)
        cost = torch.tensor(length(pts.numpy(), tour.numpy()), dtype=torch.float32)
        baseline = cost.mean() if baseline is None else 0.9 * baseline + 0.1 * cost.mean()
        loss = ((cost - baseline) * log_prob).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 100 == 0:
            print(step, cost.mean().item())


if __name__ == "__main__":
    main()
