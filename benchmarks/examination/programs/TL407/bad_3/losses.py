from torch import nn


class CenterDice(nn.Module):
    def __init__(self, eps=1.0):
        super().__init__()
        self.eps = eps

    def forward(self, logits, mask):
        prob = logits.data.sigmoid()  # HERE
        inter = (prob * mask).sum((1, 2, 3))
        size = prob.sum((1, 2, 3)) + mask.sum((1, 2, 3))
        return 1 - ((2 * inter + self.eps) / (size + self.eps)).mean().requires_grad_()
