import gymnasium as gym
import torch
from agent import Agent

env = gym.make("Acrobot-v1")
agent = Agent(6, 3)
for episode in range(2000):
    obs, _ = env.reset()
    rows, done = [], False
    while not done:
        o = torch.as_tensor(obs)
        with torch.no_grad():
            a = agent.policy(o).sample()
        obs, reward, term, trunc, _ = env.step(a.item())
        rows.append((o, a, reward))
        done = term or trunc
    o, a, r = zip(*rows)
    ret = torch.tensor(r).float().flip(0).cumsum(0).flip(0)
    agent.update(torch.stack(o), torch.stack(a), (ret - ret.mean()) / (ret.std() + 1e-6))
    if episode % 50 == 0:
        print(episode, sum(r))
