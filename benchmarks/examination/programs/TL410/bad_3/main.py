import torch
from torch import nn
from torch.utils.data import DataLoader
from trainer import Trainer
from sessions import Clicks


class NextItem(nn.Module):
    def __init__(self, items, dim=64):
        super().__init__()
        self.item = nn.Embedding(items, dim, padding_idx=0)
        self.rnn = nn.GRU(dim, dim, batch_first=True)

    def forward(self, seq):
        h, _ = self.rnn(self.item(seq))
        return h[:, -1] @ self.item.weight.t()

    def loss(self, batch):
        seq, nxt = batch
        return nn.functional.cross_entropy(self(seq), nxt)


clicks = Clicks("yoochoose")
Trainer(NextItem(clicks.n_items), lr=1e-3).fit(DataLoader(clicks, batch_size=256, shuffle=True), epochs=5)
