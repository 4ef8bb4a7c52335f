import gymnasium as gym
import torch
from ppo import PPO


def collect(env, agent, n):
    rows, (obs, _) = [], env.reset()
    for _ in range(n):
        o = torch.as_tensor(obs, dtype=torch.float32)
        with torch.no_grad():
            d = agent.ac.dist(o)
            a = d.sample()
            rows.append([o, a, d.log_prob(a).sum(), agent.ac.v(o).squeeze()])
        obs, r, term, trunc, _ = env.step(a.numpy())
        rows[-1] += [r, term or trunc]
        if term or trunc:
            obs, _ = env.reset()
    return rows


env = gym.make("Pendulum-v1")
agent = PPO(3, 1)
for it in range(300):
    rows = collect(env, agent, 2048)
    ret, acc = [], 0.0
    for *_, r, done in reversed(rows):
        acc = r + 0.99 * acc * (not done)
        ret.insert(0, acc)
    o, a, lp, v = (torch.stack([row[i] for row in rows]) for i in range(4))
    ret = torch.tensor(ret)
    agent.update(o, a, lp, ret - v, ret)
    print(it, ret.mean().item())
