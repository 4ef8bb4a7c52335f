import random
from collections import deque
import gymnasium as gym
import torch
from agent import DQNAgent

env = gym.make("LunarLander-v2")
agent = DQNAgent(8, 4)
memory = deque(maxlen=50_000)
steps = 0
for episode in range(600):
    obs, _ = env.reset()
    done = False
    while not done:
        eps = max(0.05, 1.0 - steps / 30_000)
        action = env.action_space.sample() if random.random() < eps else agent.act(torch.as_tensor(obs))
        nxt, reward, term, trunc, _ = env.step(action)
        memory.append((obs, action, reward, nxt, float(term)))
        obs, done, steps = nxt, term or trunc, steps + 1
        if len(memory) > 1000:
            o, a, r, n, d = zip(*random.sample(memory, 64))
            agent.learn((torch.tensor(o), torch.tensor(a), torch.tensor(r).float(),
                         torch.tensor(n), torch.tensor(d)))
        if steps % 1000 == 0:
            agent.sync()
