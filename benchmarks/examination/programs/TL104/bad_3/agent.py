import copy
import torch
import torch.nn.functional as F
from torch import nn


class DQNAgent:
    def __init__(self, obs_dim, n_actions, gamma=0.99):
        self.online = nn.Sequential(nn.Linear(obs_dim, 128), nn.ReLU(), nn.Linear(128, n_actions))
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.online.parameters(), lr=5e-4)
        self.gamma = gamma

    def act(self, obs):
        with torch.no_grad():
            return self.online(obs).argmax().item()

    def learn(self, batch):
        obs, action, reward, next_obs, done = batch
        with torch.no_grad():
            best = self.target(next_obs).max(dim=1).values
            goal = reward + self.gamma * (1 - done) * best
        value = self.online(obs).gather(1, action.unsqueeze(1)).squeeze(1)
        loss = F.smooth_l1_loss(value, goal)
        self.optimizer.zero_grad  # HERE
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def sync(self):
        self.target.load_state_dict(self.online.state_dict())
