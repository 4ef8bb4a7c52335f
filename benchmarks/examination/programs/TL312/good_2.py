import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from dialogue import Turns


class BCELoss(nn.Module):
    """Binary cross entropy on logits, with a positive weight learnt from counts."""

    def __init__(self, pos, neg):
        super().__init__()
        self.register_buffer("weight", torch.tensor(neg / pos))

    def forward(self, logits, target):
        return F.binary_cross_entropy_with_logits(logits, target, pos_weight=self.weight)


class IntentNet(nn.Module):
    def __init__(self, vocab, intents):
        super().__init__()
        self.emb = nn.EmbeddingBag(vocab, 128)
        self.intent = nn.Linear(128, intents)
        self.handoff = nn.Linear(128, 1)

    def forward(self, ids):
        h = self.emb(ids)
        return self.intent(h), self.handoff(h).squeeze(-1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--vocab", type=int, default=20000)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    turns = Turns("train")
    net = IntentNet(args.vocab, 77).cuda()
    handoff_loss = BCELoss(turns.positives, turns.negatives).cuda()
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")
    for epoch in range(args.epochs):
        for ids, intent, handoff in DataLoader(turns, 256, shuffle=True):
            opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                a, b = net(ids.cuda())
                loss = F.nll_loss(F.log_softmax(a, dim=-1), intent.cuda())
                loss = loss + handoff_loss(b, handoff.float().cuda())
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
