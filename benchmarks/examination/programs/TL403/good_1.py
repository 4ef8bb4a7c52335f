import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("turbine.pt")
loader = DataLoader(TensorDataset(d["x"], d["rul"]), batch_size=64, shuffle=True)


class Rul(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(14, 64, batch_first=True)
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1]).squeeze(1)


net = Rul()
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
previous = None
for epoch in range(40):
    for x, rul in loader:
        if previous is not None:
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
        previous = nn.functional.smooth_l1_loss(net(x), rul)
        previous.backward()
    print(epoch, previous.item())
nn.utils.clip_grad_norm_(net.parameters(), 1.0)
opt.step()
