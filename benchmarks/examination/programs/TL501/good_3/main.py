import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from g2p import Lexicon, Speller, collate
from schedule import TeacherForcing

net = Speller(letters=30, phones=70)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
loader = DataLoader(Lexicon("cmudict"), batch_size=128, shuffle=True, collate_fn=collate)
total = 20 * len(loader)
lr_schedule = LambdaLR(opt, lambda s: min(1.0, (s + 1) / 500) * (1 - s / total))
sampling = TeacherForcing(1.0, 0.3, total)
net.train()
for epoch in range(20):
    for letters, phones in loader:
        sampling.step()
        logits = net(letters, phones[:, :-1], gold_rate=sampling.rate)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), phones[:, 1:].flatten(), ignore_index=0)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        lr_schedule.step()
    print(epoch, loss.item())
