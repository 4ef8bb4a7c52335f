import torch.nn.functional as F
from torch import nn


class BCELoss(nn.Module):
    """Multi-label loss of this project: expects raw scores."""

    def __init__(self, negatives=0.5):
        super().__init__()
        self.negatives = negatives

    def forward(self, scores, labels):
        pos = F.logsigmoid(scores) * labels
        neg = F.logsigmoid(-scores) * (1 - labels)
        return -(pos + self.negatives * neg).mean()
