import torch


class Trainer:
    def __init__(self, model, optimizer, loss_fn):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.history = []

    def fit(self, train_loader, val_loader, epochs):
        self.model.train()
        for _ in range(epochs):
            self._train_epoch(train_loader)
            self.history.append(self._validate(val_loader))

    def _train_epoch(self, loader):
        for window, target in loader:
            self.optimizer.zero_grad()
            loss = self.loss_fn(self.model(window), target)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()

    def _validate(self, loader):
        self.model.eval()  # HERE
        total = 0.0
        with torch.no_grad():
            for window, target in loader:
                total += self.loss_fn(self.model(window), target).item() * len(window)
        return total / len(loader.dataset)
