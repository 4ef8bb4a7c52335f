import torch
from torch import nn
import torch.nn.functional as F


class BCEWithDice(nn.Module):
    def __init__(self, weight=0.5):
        super().__init__()
        self.weight = weight
        self.bce = nn.BCEWithLogitsLoss()

    def forward(self, logits, mask):
        prob = torch.sigmoid(logits)
        dice = 1 - (2 * (prob * mask).sum() + 1) / (prob.sum() + mask.sum() + 1)
        return self.weight * self.bce(logits, mask) + (1 - self.weight) * dice


def focal(logits, mask, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logits, mask, reduction="none")
    p = logits.sigmoid()
    pt = p * mask + (1 - p) * (1 - mask)
    return ((1 - pt) ** gamma * ce).mean()


LOSSES = {"dice": BCEWithDice(), "focal": focal}
