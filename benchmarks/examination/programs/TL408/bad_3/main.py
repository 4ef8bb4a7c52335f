import torch
from torch import nn
from demos import chunked_demos
from policy import RecurrentNet


class Cloning:
    def __init__(self, d_in, d_out):
        self.net = RecurrentNet(d_in, d_out)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=3e-4)

    def learn(self, demo):
        self.net.reset()
        for obs, act in demo:
            loss = nn.functional.mse_loss(self.net(obs), act)
            self.opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.opt.step()
        return loss.item()


cloning = Cloning(39, 28)
for epoch in range(30):
    for demo in chunked_demos("adroit", length=32, batch=16, shuffle=True):
        last = cloning.learn(demo)
    print(epoch, last)
