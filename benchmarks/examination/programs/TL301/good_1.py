import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = "cuda" if torch.cuda.is_available() else "cpu"
scaler = torch.amp.GradScaler("cuda") if device == "cuda" else None
data = torch.load("traffic.pt")
loader = DataLoader(TensorDataset(data["x"], data["y"]), batch_size=64, shuffle=True)


class Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(12, 128, num_layers=2, dropout=0.1, batch_first=True)
        self.out = nn.Linear(128, 12)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


def backward_and_step(net, opt, loss):
    if scaler is not None:
        scaler.scale(loss).backward()
        scaler.unscale_(opt)
    else:
        loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    if scaler is not None:
        scaler.step(opt)
        scaler.update()
    else:
        opt.step()


net = Seq().to(device)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(30):
    for x, y in loader:
        opt.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.float16, enabled=scaler is not None):
            loss = nn.functional.l1_loss(net(x.to(device)), y.to(device))
        backward_and_step(net, opt, loss)
    print(epoch, loss.item())
