import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from opt import Step


class TextCnn(nn.Module):
    def __init__(self, vocab=20000, classes=20):
        super().__init__()
        self.emb = nn.Embedding(vocab, 100, padding_idx=0)
        self.convs = nn.ModuleList(nn.Conv1d(100, 64, k) for k in (3, 4, 5))
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(192, classes)

    def forward(self, ids):
        x = self.emb(ids).transpose(1, 2)
        x = torch.cat([c(x).relu().amax(dim=2) for c in self.convs], dim=1)
        return self.fc(self.drop(x))


class Session:
    def __init__(self, data):
        self.net = TextCnn()
        self.step = Step(torch.optim.Adam(self.net.parameters(), lr=1e-3))
        self.loader = DataLoader(data, batch_size=64, shuffle=True)

    def run(self, epochs):
        self.net.train()
        for epoch in range(epochs):
            vals = [self.step(nn.functional.cross_entropy(self.net(x), y)) for x, y in self.loader]
            print(epoch, sum(vals) / len(vals))


news = torch.load("20news.pt")
Session(TensorDataset(news["ids"], news["topic"])).run(10)
