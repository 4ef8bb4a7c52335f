from torch import nn


class RecurrentNet(nn.Module):
    def __init__(self, d_in, d_out, hidden=128):
        super().__init__()
        self.rnn = nn.GRU(d_in, hidden, batch_first=True)
        self.out = nn.Linear(hidden, d_out)
        self.memory = None

    def reset(self):
        self.memory = None

    def forward(self, x):
        h, self.memory = self.rnn(x, self.memory)  # HERE
        return self.out(h)
