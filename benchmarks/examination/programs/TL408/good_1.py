import torch
from torch import nn

text = torch.load("wiki_chars.pt")
BATCH, BPTT = 32, 70
stream = text[: len(text) // BATCH * BATCH].view(BATCH, -1)


def repackage(h):
    if isinstance(h, torch.Tensor):
        return h.detach()
    return tuple(repackage(v) for v in h)


class RNNModel(nn.Module):
    def __init__(self, v=200, d=256):
        super().__init__()
        self.emb = nn.Embedding(v, d)
        self.rnn = nn.LSTM(d, d, num_layers=2, dropout=0.2, batch_first=True)
        self.out = nn.Linear(d, v)

    def forward(self, x, h):
        y, h = self.rnn(self.emb(x), h)
        return self.out(y), h


net = RNNModel()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
net.train()
for epoch in range(10):
    hidden = (torch.zeros(2, BATCH, 256), torch.zeros(2, BATCH, 256))
    for i in range(0, stream.size(1) - 1, BPTT):
        x = stream[:, i:i + BPTT]
        y = stream[:, i + 1:i + 1 + BPTT]
        hidden = repackage(hidden)
        out, hidden = net(x[:, : y.size(1)], hidden)
        loss = nn.functional.cross_entropy(out.flatten(0, 1), y.flatten())
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.25)
        opt.step()
    print(epoch, loss.item())
