import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from nets import AdaptiveLM, WithLogProb

bank = torch.load("gutenberg.pt")
lm = AdaptiveLM(50000)
topic = WithLogProb(nn.Sequential(nn.EmbeddingBag(50000, 128), nn.ReLU(), nn.Linear(128, 40)))
criterion = nn.NLLLoss()
opt = torch.optim.Adam([*lm.parameters(), *topic.parameters()], lr=1e-3)
for epoch in range(3):
    for ids, label in DataLoader(TensorDataset(bank["ids"], bank["topic"]), batch_size=32, shuffle=True):
        loss = criterion(lm(ids[:, :-1]), ids[:, 1:].flatten()) + criterion(topic(ids), label)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(lm.parameters(), 1.0)
        opt.step()
    print(epoch, loss.item())
