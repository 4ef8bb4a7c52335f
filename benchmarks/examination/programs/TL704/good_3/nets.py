from torch import nn


class AdaptiveLM(nn.Module):
    def __init__(self, vocab, dim=256):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.rnn = nn.LSTM(dim, dim, batch_first=True)
        self.head = nn.AdaptiveLogSoftmaxWithLoss(dim, vocab, cutoffs=[2000, 10000])

    def forward(self, ids):
        h, _ = self.rnn(self.emb(ids))
        return self.head.log_prob(h.flatten(0, 1))


class WithLogProb(nn.Module):
    """Wraps a scorer so that its output suits NLLLoss."""

    def __init__(self, scorer):
        super().__init__()
        self.scorer = scorer
        self.norm = nn.LogSoftmax(dim=-1)

    def forward(self, *inputs):
        return self.norm(self.scorer(*inputs))
