import torch
from torch import nn
from critic import Critic


class TdLearner:
    def __init__(self, obs, gamma=0.99):
        self.critic = Critic(obs)
        self.opt = torch.optim.Adam(self.critic.parameters(), lr=3e-4)
        self.gamma = gamma
        self.mse = nn.MSELoss()

    def update(self, obs, reward, nxt, done):
        with torch.no_grad():
            goal = reward + self.gamma * (1 - done) * self.critic(nxt).squeeze(-1)
        loss = self.mse(self.critic(obs), goal)  # HERE
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


buf = torch.load("walker_buffer.pt")
learner = TdLearner(buf["obs"].shape[1])
for it in range(50_000):
    i = torch.randint(len(buf["obs"]), (256,))
    loss = learner.update(buf["obs"][i], buf["reward"][i], buf["next"][i], buf["done"][i])
    if it % 1000 == 0:
        print(it, loss)
