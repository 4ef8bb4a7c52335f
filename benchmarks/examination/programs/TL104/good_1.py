import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

data = torch.load("wine.pt")
loader = DataLoader(TensorDataset(data["x"], data["y"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(13, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 3))
opt = torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9)
criterion = nn.CrossEntropyLoss()

set_eval, set_train = net.eval, net.train
clear, advance = opt.zero_grad, opt.step
hooks = {"before": [set_train, clear], "after": [advance]}

for epoch in range(50):
    for features, label in loader:
        for fn in hooks["before"]:
            fn()
        loss = criterion(net(features), label)
        loss.backward()
        for fn in hooks["after"]:
            fn()

set_eval()
with torch.no_grad():
    print((net(data["x_test"]).argmax(1) == data["y_test"]).float().mean().item())
