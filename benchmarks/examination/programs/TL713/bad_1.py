import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("melodies.pt")
loader = DataLoader(TensorDataset(d), batch_size=32, shuffle=True)


class MelodyGPT(nn.Module):
    def __init__(self, notes=130, dim=128):
        super().__init__()
        self.emb = nn.Embedding(notes, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 256, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.out = nn.Linear(dim, notes)

    def forward(self, x):
        n = x.size(1)
        mask = torch.tril(torch.ones(n, n, device=x.device))
        return self.out(self.enc(self.emb(x), mask=mask))  # HERE


net = MelodyGPT()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4)
net.train()
for epoch in range(20):
    for (notes,) in loader:
        optimizer.zero_grad()
        logits = net(notes[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), notes[:, 1:].flatten())
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
