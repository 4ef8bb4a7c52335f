import sys
import torch
from torch import nn
from torch.utils.data import DataLoader
from tabular import Frame
from scaler import make_scaler

kind = sys.argv[1] if len(sys.argv) > 1 else "bf16"
dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}[kind]
scaler = make_scaler(kind)
frame = Frame("higgs.parquet")
net = nn.Sequential(nn.Linear(28, 300), nn.SiLU(), nn.Linear(300, 300), nn.SiLU(), nn.Linear(300, 1)).cuda()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()
for epoch in range(10):
    for x, y in DataLoader(frame, batch_size=2048, shuffle=True):
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=dtype):
            loss = bce(net(x.cuda()).squeeze(1), y.cuda().float())
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
