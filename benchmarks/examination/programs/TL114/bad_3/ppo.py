import torch
from torch import nn


class ActorCritic(nn.Module):
    def __init__(self, obs, act):
        super().__init__()
        self.pi = nn.Sequential(nn.Linear(obs, 64), nn.Tanh(), nn.Linear(64, act))
        self.v = nn.Sequential(nn.Linear(obs, 64), nn.Tanh(), nn.Linear(64, 1))
        self.log_std = nn.Parameter(torch.zeros(act))

    def dist(self, obs):
        return torch.distributions.Normal(self.pi(obs), self.log_std.exp())


class PPO:
    def __init__(self, obs, act, clip=0.2):
        self.ac = ActorCritic(obs, act)
        self.opt = torch.optim.Adam(self.ac.parameters(), lr=3e-4)
        self.clip = clip

    def update(self, obs, act, logp_old, adv, ret):
        for _ in range(10):
            logp = self.ac.dist(obs).log_prob(act).sum(-1)
            ratio = (logp - logp_old).exp()
            clipped = ratio * 1.0
            torch.clamp(clipped, 1 - self.clip, 1 + self.clip)  # HERE
            pi_loss = -torch.min(ratio * adv, clipped * adv).mean()
            v_loss = (self.ac.v(obs).squeeze(-1) - ret).pow(2).mean()
            self.opt.zero_grad()
            (pi_loss + 0.5 * v_loss).backward()
            self.opt.step()
