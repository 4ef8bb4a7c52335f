import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Pointer(nn.Module):
    def __init__(self, dim=128):
        super().__init__()
        self.inp = nn.Linear(2, dim)
        self.enc = nn.GRU(dim, dim, batch_first=True)
        self.key = nn.Linear(dim, dim)

    def forward(self, pts, pad):
        h, last = self.enc(self.inp(pts))
        scores = torch.einsum("btd,bd->bt", self.key(h), last[-1])
        scores.masked_fill_(pad, float("-inf"))
        return scores


def collate(rows):
    pts = pad_sequence([p for p, _ in rows], batch_first=True)
    lens = torch.tensor([len(p) for p, _ in rows])
    pad = torch.arange(pts.size(1))[None] >= lens[:, None]
    return pts, pad, torch.tensor([t for _, t in rows])


rows = torch.load("hulls.pt")
ptr = Pointer()
ptr.to(device)
nn.init.xavier_uniform_(ptr.key.weight)
opt = torch.optim.Adam(ptr.parameters(), lr=1e-3)
for epoch in range(10):
    for pts, pad, target in DataLoader(rows, batch_size=64, shuffle=True, collate_fn=collate):
        pts, pad, target = (t.to(device) for t in (pts, pad, target))
        loss = nn.functional.cross_entropy(ptr(pts, pad), target)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
