from torch import nn


class LipReader(nn.Module):
    def __init__(self, dim, words):
        super().__init__()
        self.front = nn.Conv1d(512, dim, 5, padding=2)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, words)

    def forward(self, feats):
        x = self.front(feats.transpose(1, 2)).relu()
        batch, dim, frames = x.size()
        x = x.reshape(batch, frames, dim)  # HERE
        h, _ = self.rnn(x)
        return self.out(h.mean(dim=1))
