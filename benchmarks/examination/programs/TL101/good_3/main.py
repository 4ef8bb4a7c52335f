import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from engine import Engine


class Tagger(nn.Module):
    def __init__(self, vocab=8000, tags=17):
        super().__init__()
        self.embed = nn.Embedding(vocab, 128, padding_idx=0)
        self.rnn = nn.LSTM(128, 128, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(256, tags)

    def forward(self, tokens):
        states, _ = self.rnn(self.embed(tokens))
        return self.out(self.drop(states))


def load(split):
    blob = torch.load(f"ud_{split}.pt")
    return TensorDataset(blob["tokens"], blob["tags"])


tagger = Tagger()
engine = Engine(tagger, torch.optim.Adam(tagger.parameters(), lr=1e-3),
                nn.CrossEntropyLoss(ignore_index=-100), "cpu")
engine.fit(DataLoader(load("train"), batch_size=32, shuffle=True),
           DataLoader(load("dev"), batch_size=64), epochs=10)
