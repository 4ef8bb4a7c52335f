import torch
from torch import nn


class Agent:
    def __init__(self, obs, act):
        self.net = nn.Sequential(nn.Linear(obs, 128), nn.Tanh(), nn.Linear(128, act))

    def policy(self, obs):
        return torch.distributions.Categorical(logits=self.net(obs))

    def update(self, obs, act, adv):
        optimizer = torch.optim.Adam(self.net.parameters(), lr=3e-4)  # HERE
        loss = -(self.policy(obs).log_prob(act) * adv).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
