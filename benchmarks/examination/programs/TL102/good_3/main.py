import gymnasium as gym
import torch
from torch import nn
from modes import eval_mode

env = gym.make("CartPole-v1")
policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Dropout(0.05), nn.Linear(64, 2))
opt = torch.optim.Adam(policy.parameters(), lr=3e-3)


def rollout(greedy):
    obs, _ = env.reset()
    log_probs, rewards, done = [], [], False
    while not done:
        dist = torch.distributions.Categorical(logits=policy(torch.as_tensor(obs)))
        action = dist.probs.argmax() if greedy else dist.sample()
        obs, reward, terminated, truncated, _ = env.step(action.item())
        log_probs.append(dist.log_prob(action))
        rewards.append(reward)
        done = terminated or truncated
    return torch.stack(log_probs), torch.tensor(rewards)


policy.train()
for update in range(1, 501):
    log_probs, rewards = rollout(greedy=False)
    returns = rewards.flip(0).cumsum(0).flip(0)
    advantage = (returns - returns.mean()) / (returns.std() + 1e-6)
    loss = -(log_probs * advantage).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if update % 25 == 0:
        with eval_mode(policy), torch.no_grad():
            _, rewards = rollout(greedy=True)
        print(update, rewards.sum().item())
