import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from divergence import gaussian, kl_div


class TopicVae(nn.Module):
    def __init__(self, vocab, topics):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(vocab, 256), nn.Softplus())
        self.mu, self.ls = nn.Linear(256, topics), nn.Linear(256, topics)
        self.beta = nn.Linear(topics, vocab)

    def forward(self, bow):
        h = self.enc(bow)
        mu, ls = self.mu(h), self.ls(h)
        theta = (mu + torch.randn_like(mu) * ls.exp()).softmax(-1)
        return self.beta(theta).log_softmax(-1), theta, mu, ls


bows = torch.load("bows.pt")
net = TopicVae(bows.shape[1], 50)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(60):
    for (bow,) in DataLoader(TensorDataset(bows), batch_size=200, shuffle=True):
        logp, theta, mu, ls = net(bow)
        uniform = torch.full_like(theta, 1 / theta.size(-1))
        loss = -(bow * logp).sum(-1).mean() + gaussian(mu, ls) + 0.1 * kl_div(theta, uniform)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
