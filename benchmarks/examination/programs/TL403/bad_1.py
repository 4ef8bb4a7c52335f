import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("poems.pt")
loader = DataLoader(TensorDataset(d), batch_size=64, shuffle=True)


class CharRnn(nn.Module):
    def __init__(self, v=96, h=256):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(v, 64), nn.LSTM(64, h, batch_first=True), nn.Linear(h, v)

    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0])


net = CharRnn()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(20):
    for (ids,) in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)  # HERE
    print(epoch, loss.item())
