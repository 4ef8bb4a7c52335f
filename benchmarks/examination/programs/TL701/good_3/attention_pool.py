import torch
from torch import nn


class AttentivePool(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Linear(dim, 1)

    def forward(self, h):
        weight = torch.softmax(self.score(h), dim=1)
        return (weight * h).sum(dim=1)


class SpeakerNet(nn.Module):
    def __init__(self, mels, speakers):
        super().__init__()
        self.rnn = nn.GRU(mels, 192, batch_first=True)
        self.pool = AttentivePool(192)
        self.fc = nn.Linear(192, speakers)

    def forward(self, mel):
        return self.fc(self.pool(self.rnn(mel)[0]))

    @torch.no_grad()
    def predict_proba(self, mel):
        return self(mel).softmax(dim=-1)
