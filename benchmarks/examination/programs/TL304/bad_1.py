import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

store = torch.load("ecog.pt")
loader = DataLoader(TensorDataset(store["x"], store["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Conv1d(64, 128, 5), nn.ReLU(), nn.AdaptiveMaxPool1d(8), nn.Flatten(),
                    nn.Linear(1024, 20)).cuda()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-4)
scaler = torch.amp.GradScaler("cuda")
for epoch in range(60):
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        loss.backward()  # HERE
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
