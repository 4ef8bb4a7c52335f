import contextlib
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

use_amp = torch.cuda.is_available()
device = "cuda" if use_amp else "cpu"
precision = torch.autocast("cuda", dtype=torch.bfloat16) if use_amp else contextlib.nullcontext()
silent = torch.no_grad()

splits = torch.load("uci_har.pt")
train_dl = DataLoader(TensorDataset(*splits["train"]), batch_size=64, shuffle=True)
test_dl = DataLoader(TensorDataset(*splits["test"]), batch_size=256)
net = nn.Sequential(nn.Flatten(), nn.Linear(9 * 128, 256), nn.ReLU(), nn.Dropout(0.4), nn.Linear(256, 6)).to(device)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)

for epoch in range(20):
    net.train()
    for x, y in train_dl:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        with precision:
            loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()

    net.eval()
    ok = 0
    with silent, precision:
        for x, y in test_dl:
            ok += (net(x.to(device)).argmax(1) == y.to(device)).sum().item()
    print(epoch, ok / len(test_dl.dataset))
