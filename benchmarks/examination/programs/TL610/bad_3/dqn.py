import copy
import torch
import torch.nn.functional as F
from torch import nn


class Dqn:
    def __init__(self, obs, act, lr=1e-4):
        self.q = nn.Sequential(nn.Linear(obs, 256), nn.ReLU(), nn.Linear(256, act))
        self.q_target = copy.deepcopy(self.q)
        self.optim = torch.optim.Adam(self.q_target.parameters(), lr=lr)  # HERE

    def loss(self, s, a, r, s2, done):
        with torch.no_grad():
            goal = r + 0.99 * (1 - done) * self.q_target(s2).amax(1)
        return F.smooth_l1_loss(self.q(s).gather(1, a[:, None]).squeeze(1), goal)

    def step(self, *batch):
        self.q.zero_grad()
        loss = self.loss(*batch)
        loss.backward()
        self.optim.step()
        return loss.item()

    def sync(self):
        self.q_target.load_state_dict(self.q.state_dict())
