import torch


class Trainer:
    def __init__(self, net, loss_fn, lr):
        self.net = net.cuda()
        self.loss_fn = loss_fn
        self.opt = torch.optim.AdamW(net.parameters(), lr=lr)

    @torch.autocast("cuda", dtype=torch.bfloat16)
    def train_batch(self, x, y):
        loss = self.loss_fn(self.net(x.cuda()), y.cuda())
        self.opt.zero_grad()
        loss.backward()  # HERE
        self.opt.step()
        return loss.item()

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            mean = sum(self.train_batch(x, y) for x, y in loader) / len(loader)
            print(f"[{epoch}] {mean:.4f}")
