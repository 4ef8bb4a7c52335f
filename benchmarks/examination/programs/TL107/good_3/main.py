import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from adapters import Adapters


class Probe(nn.Module):
    def __init__(self, dim, labels, langs):
        super().__init__()
        self.adapters = Adapters(dim)
        for lang in langs:
            self.adapters.register(lang)
        self.head = nn.Linear(dim, labels)

    def forward(self, feats, lang):
        return self.head(self.adapters(feats, lang))


bank = torch.load("xnli_features.pt")
loaders = {lang: DataLoader(TensorDataset(f, y), batch_size=256, shuffle=True) for lang, (f, y) in bank.items()}
probe = Probe(768, 3, list(loaders))
opt = torch.optim.AdamW(probe.parameters(), lr=1e-3)
for epoch in range(5):
    for lang, loader in loaders.items():
        running = 0.0
        for feats, y in loader:
            loss = nn.functional.cross_entropy(probe(feats, lang), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            running += loss.item()
        print(epoch, lang, running / len(loader))
