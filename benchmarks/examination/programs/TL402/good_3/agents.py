import torch
from torch import nn


class ActorCritic:
    def __init__(self, obs, act):
        self.actor = nn.Sequential(nn.Linear(obs, 256), nn.ReLU(), nn.Linear(256, act), nn.Tanh())
        self.critic = nn.Sequential(nn.Linear(obs + act, 256), nn.ReLU(), nn.Linear(256, 1))
        self.actor_opt = torch.optim.Adam(self.actor.parameters(), lr=1e-4)
        self.critic_opt = torch.optim.Adam(self.critic.parameters(), lr=1e-3)

    def q(self, obs, act):
        return self.critic(torch.cat([obs, act], dim=-1)).squeeze(-1)

    def update_actor(self, obs):
        loss = -self.q(obs, self.actor(obs)).mean()
        self.actor_opt.zero_grad()
        loss.backward()
        self.critic_opt.zero_grad()
        self.actor_opt.step()

    def update_critic(self, obs, act, target):
        loss = nn.functional.mse_loss(self.q(obs, act), target)
        self.critic_opt.zero_grad()
        loss.backward()
        self.critic_opt.step()
