import torch


class Learner:
    def __init__(self, net, loss_fn, lr):
        self.net = net
        self.loss_fn = loss_fn
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=lr)

    def reset(self):
        self.optimizer.zero_grad(set_to_none=True)

    def step(self, x, y):
        loss = self.loss_fn(self.net(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.reset()  # HERE
        self.optimizer.step()
        return loss.item()
