import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from histology import Tiles
from features import HalfExtractor, split

extract = HalfExtractor("facebook/dinov2-small")
head = nn.Sequential(nn.LayerNorm(384), nn.Linear(384, 9)).cuda()
opt = torch.optim.AdamW(head.parameters(), lr=1e-3)
tiles = Tiles("nct")
train_idx, val_idx = split(len(tiles), 0.8)
train_dl = DataLoader(Subset(tiles, train_idx), batch_size=128, shuffle=True)
val_dl = DataLoader(Subset(tiles, val_idx), batch_size=128)
for epoch in range(3):
    head.train()
    for pixels, y in train_dl:
        loss = nn.functional.cross_entropy(head(extract(pixels)), y.cuda())
        opt.zero_grad()
        loss.backward()
        opt.step()
    head.eval()
    with torch.no_grad():
        hits = sum((head(extract(p)).argmax(1).cpu() == y).sum().item() for p, y in val_dl)
    print(epoch, hits / len(val_idx))
