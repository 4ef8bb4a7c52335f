import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("leaf_shapes.pt")
train_dl = DataLoader(TensorDataset(*d["train"]), batch_size=32, shuffle=True)
x_val, y_val = d["val"]
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 36))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, mode="min", factor=0.5, patience=4)
for epoch in range(60):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x_val).argmax(1) == y_val).float().mean().item()
    plateau.step(1.0 - accuracy)
    print(epoch, accuracy)
