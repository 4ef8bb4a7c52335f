import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("pos_tags.pt")
loader = DataLoader(TensorDataset(d["words"], d["tags"]), batch_size=64, shuffle=True)


class Tagger(nn.Module):
    """Mixture of softmaxes: the log of a mean of probabilities is a log-probability."""

    def __init__(self, vocab=20000, dim=128, tags=45, k=3):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True, bidirectional=True)
        self.heads = nn.ModuleList(nn.Linear(2 * dim, tags) for _ in range(k))
        self.mix = nn.Linear(2 * dim, k)

    def forward(self, words):
        h, _ = self.rnn(self.emb(words))
        logp = torch.stack([head(h).log_softmax(-1) for head in self.heads], dim=-1)
        weight = self.mix(h).log_softmax(-1).unsqueeze(-2)
        return torch.logsumexp(logp + weight, dim=-1)


net = Tagger()
nll = nn.NLLLoss(ignore_index=0)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(8):
    for words, tags in loader:
        opt.zero_grad()
        loss = nll(net(words).flatten(0, 1), tags.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
    print(epoch, loss.item())
