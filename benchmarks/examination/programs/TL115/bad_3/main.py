import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from quant import Codebook


class Codec:
    def __init__(self, d):
        self.enc, self.dec = nn.Linear(d, 32), nn.Linear(32, d)
        self.book = Codebook(256, 32)
        params = [*self.enc.parameters(), *self.dec.parameters(), *self.book.parameters()]
        self.opt = torch.optim.Adam(params, lr=1e-3)

    def loss(self, x):
        q, commit = self.book(self.enc(x))
        return nn.functional.mse_loss(self.dec(q), x) + 0.25 * commit

    def fit(self, loader, epochs):
        for _ in range(epochs):
            for (x,) in loader:
                self.opt.zero_grad()
                loss = self.loss(x)
                loss.backward()
                self.opt.step()

    @torch.no_grad()
    def score(self, x):
        self.book.eval()
        return self.loss(x).item()


mfcc = torch.load("mfcc.pt")
codec = Codec(mfcc.shape[1])
codec.fit(DataLoader(TensorDataset(mfcc[1000:]), 256, shuffle=True), 10)
print(codec.score(mfcc[:1000]))
