import torch


class BaseTrainer:
    def __init__(self, net, optimizer):
        self.net = net
        self.optimizer = optimizer
        self.grad_scaler = torch.amp.GradScaler("cuda")

    def compute_loss(self, batch):
        raise NotImplementedError

    def training_step(self, batch):
        self.optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = self.compute_loss(batch)
        self.grad_scaler.scale(loss).backward()
        self.optimizer.step()  # HERE
        return loss.item()

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            losses = [self.training_step(batch) for batch in loader]
            print(epoch, sum(losses) / len(losses))
