import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

pack = torch.load("translate.pt")
loader = DataLoader(TensorDataset(pack["src"], pack["tgt"]), batch_size=64, shuffle=True)


class Seq2Seq(nn.Module):
    def __init__(self, v=16000, d=256):
        super().__init__()
        self.src, self.tgt = nn.Embedding(v, d), nn.Embedding(v, d)
        self.enc, self.dec = nn.GRU(d, d, batch_first=True), nn.GRU(d, d, batch_first=True)
        self.out = nn.Linear(d, v)

    def forward(self, s, t):
        _, h = self.enc(self.src(s))
        return self.out(self.dec(self.tgt(t), h)[0])


model = Seq2Seq().cuda()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
scaler = torch.amp.GradScaler("cuda")
for epoch in range(10):
    for src, tgt in loader:
        src, tgt = src.cuda(), tgt.cuda()
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            logits = model(src, tgt[:, :-1])
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=0)
        scaler.scale(loss).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # HERE
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
