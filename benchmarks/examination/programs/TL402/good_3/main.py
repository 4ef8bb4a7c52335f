import copy
import torch
from agents import ActorCritic
from replay import Replay

agent = ActorCritic(17, 6)
slow = copy.deepcopy((agent.actor, agent.critic))
replay = Replay.load("halfcheetah.npz")
for it in range(100_000):
    obs, act, rew, nxt, done = replay.sample(256)
    with torch.no_grad():
        a2 = slow[0](nxt)
        target = rew + 0.99 * (1 - done) * slow[1](torch.cat([nxt, a2], -1)).squeeze(-1)
    agent.update_critic(obs, act, target)
    agent.update_actor(obs)
    with torch.no_grad():
        for old, new in zip(slow, (agent.actor, agent.critic)):
            for p, q in zip(old.parameters(), new.parameters()):
                p.lerp_(q, 0.005)
