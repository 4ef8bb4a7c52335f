import functools
import torch


def evaluation(fn):
    @functools.wraps(fn)
    def wrapper(self, *args, **kwargs):
        self.network.train(False)
        with torch.inference_mode():
            result = fn(self, *args, **kwargs)
        self.network.train(True)
        return result
    return wrapper


class Engine:
    def __init__(self, network, optim, objective, device):
        self.network = network.to(device)
        self.optim = optim
        self.objective = objective
        self.device = device

    def fit(self, train_batches, dev_batches, epochs):
        for epoch in range(epochs):
            self.network.train()
            for tokens, tags in train_batches:
                self.optim.zero_grad()
                loss = self._loss(tokens, tags)
                loss.backward()
                self.optim.step()
            print(epoch, self.dev_loss(dev_batches))

    def _loss(self, tokens, tags):
        logits = self.network(tokens.to(self.device))
        return self.objective(logits.flatten(0, 1), tags.to(self.device).flatten())

    @evaluation
    def dev_loss(self, batches):
        return sum(self._loss(tokens, tags).item() for tokens, tags in batches) / len(batches)
