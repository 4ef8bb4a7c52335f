import torch
from torch import nn
from torch.utils.data import DataLoader
from attention_pool import SpeakerNet
from vox import VoxCeleb

net = SpeakerNet(80, 1251)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
train_dl = DataLoader(VoxCeleb("train"), batch_size=64, shuffle=True, num_workers=4)
val_dl = DataLoader(VoxCeleb("val"), batch_size=64)
for epoch in range(20):
    net.train()
    for mel, who in train_dl:
        opt.zero_grad()
        out = net(mel)
        loss = criterion(out, who)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 3.0)
        opt.step()
    net.eval()
    brier = []
    for mel, who in val_dl:
        p = net.predict_proba(mel)
        brier.append((p - nn.functional.one_hot(who, 1251)).pow(2).sum(1).mean().item())
    print(epoch, sum(brier) / len(brier))
