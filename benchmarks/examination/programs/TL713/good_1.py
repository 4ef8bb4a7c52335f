import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("intents.pt")
train_dl = DataLoader(TensorDataset(d["ids"], d["y"]), batch_size=64, shuffle=True)


class Classifier(nn.Module):
    def __init__(self, vocab=12000, dim=128, classes=30):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim, padding_idx=0)
        layer = nn.TransformerEncoderLayer(dim, 4, 256, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(dim, classes)

    def forward(self, ids):
        mask = (ids != 0).float()
        h = self.enc(self.emb(ids), src_key_padding_mask=mask < 0.5)
        pooled = (h * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
        return self.out(pooled)


net = Classifier()
opt = torch.optim.AdamW(net.parameters(), lr=5e-4)
net.train()
for epoch in range(15):
    for ids, y in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(ids), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
