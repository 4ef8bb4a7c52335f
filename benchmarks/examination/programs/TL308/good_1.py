import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

folds = torch.load("folds.pt")
scores = []
for fold in range(5):
    train, val = folds[fold]["train"], folds[fold]["val"]
    net = nn.Sequential(nn.Linear(200, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 2)).cuda()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")
    loader = DataLoader(TensorDataset(*train), batch_size=128, shuffle=True)
    net.train()
    for epoch in range(30):
        for x, y in loader:
            opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
    net.eval()
    with torch.no_grad():
        guess = net(val[0].cuda()).argmax(1).cpu()
    scores.append((guess == val[1]).float().mean().item())
print(sum(scores) / len(scores))
