import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Runner:
    def __init__(self, net, lr):
        self.net = net
        self.opt = torch.optim.AdamW(net.parameters(), lr=lr)
        self.loss_fn = nn.SmoothL1Loss()

    def _pass(self, loader, train):
        self.net.train(train)
        previous = torch.is_grad_enabled()
        torch.set_grad_enabled(train)
        total, count = 0.0, 0
        for x, y in loader:
            prediction = self.net(x).squeeze(1)
            loss = self.loss_fn(prediction, y)
            if train:
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            total += loss.item() * len(x)
            count += len(x)
        torch.set_grad_enabled(previous)
        return total / count

    def fit(self, train_loader, val_loader, epochs):
        for epoch in range(epochs):
            a = self._pass(train_loader, train=True)
            b = self._pass(val_loader, train=False)
            print(f"{epoch:03d} train {a:.4f} val {b:.4f}")


if __name__ == "__main__":
    splits = torch.load("housing.pt")
    n_features = splits["train"][0].shape[1]
    mlp = nn.Sequential(nn.Linear(n_features, 64), nn.GELU(), nn.Dropout(0.1), nn.Linear(64, 1))
    Runner(mlp, 1e-3).fit(
        DataLoader(TensorDataset(*splits["train"]), batch_size=64, shuffle=True),
        DataLoader(TensorDataset(*splits["val"]), batch_size=512), epochs=60)
