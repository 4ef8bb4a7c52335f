import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

store = torch.load("seismic.pt")
loader = DataLoader(TensorDataset(store["wave"], store["pick"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Conv1d(3, 32, 7, padding=3), nn.ReLU(), nn.Conv1d(32, 32, 7, padding=3), nn.ReLU(),
                    nn.Conv1d(32, 1, 1)).cuda()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cuda")
for epoch in range(30):
    for wave, pick in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            out = net(wave.cuda()).squeeze(1)
            loss = nn.functional.binary_cross_entropy_with_logits(out, pick.cuda())
        loss_value = loss.item()
        loss = scaler.scale(loss)
        loss.backward()
        scaler.step(opt)
        scaler.update()
    print(epoch, loss_value)
