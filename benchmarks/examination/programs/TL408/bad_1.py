import torch
from torch import nn

series = torch.load("rainfall.pt")
chunks = series.unfold(1, 49, 48).transpose(0, 1)
rnn = nn.GRU(1, 64, batch_first=True)
head = nn.Linear(64, 1)
params = [*rnn.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(params, lr=1e-3)
for epoch in range(20):
    hidden = torch.zeros(1, series.size(0), 64)
    for chunk in chunks:
        x, y = chunk[:, :-1, None], chunk[:, 1:, None]
        optimizer.zero_grad()
        out, hidden = rnn(x, hidden)  # HERE
        loss = nn.functional.mse_loss(head(out), y)
        loss.backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
    print(epoch, loss.item())
