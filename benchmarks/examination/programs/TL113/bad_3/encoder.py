from torch import nn


class SpeechEncoder(nn.Module):
    def __init__(self, mels, hidden, layers):
        super().__init__()
        self.proj = nn.Linear(mels, hidden)
        self.rnn = nn.LSTM(hidden, hidden, num_layers=layers, bidirectional=True,
                           batch_first=True, dropout=0.2)
        self.drop = nn.Dropout(p=0.95)  # HERE
        self.out = nn.Linear(2 * hidden, 29)

    def forward(self, mel):
        h, _ = self.rnn(self.proj(mel).relu())
        return self.out(self.drop(h)).log_softmax(dim=-1)
