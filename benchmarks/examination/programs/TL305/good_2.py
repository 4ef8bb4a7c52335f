"""`autocast` wraps only the forward through a decorator; the step itself is full precision."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from captions.data import CocoFeatures


class Captioner(nn.Module):
    def __init__(self, vocab, dim=512):
        super().__init__()
        self.memory = nn.Linear(2048, dim)
        self.embed = nn.Embedding(vocab, dim)
        layer = nn.TransformerDecoderLayer(dim, 8, batch_first=True, norm_first=True)
        self.dec = nn.TransformerDecoder(layer, 3)
        self.out = nn.Linear(dim, vocab)

    @torch.autocast("cuda", dtype=torch.bfloat16)
    def forward(self, feats, words):
        n = words.size(1)
        causal = torch.triu(torch.ones(n, n, dtype=torch.bool, device=words.device), diagonal=1)
        return self.out(self.dec(self.embed(words), self.memory(feats), tgt_mask=causal))


def train_step(net, feats, words, opt):
    logits = net(feats, words[:, :-1]).float()
    loss = F.cross_entropy(logits.flatten(0, 1), words[:, 1:].flatten(), ignore_index=0)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--vocab", type=int, default=10000)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    net = Captioner(args.vocab).cuda().train()
    opt = torch.optim.AdamW(net.parameters(), lr=1e-4)
    for _ in range(args.epochs):
        for feats, words in DataLoader(CocoFeatures("train"), 64, shuffle=True):
            loss = train_step(net, feats.cuda(), words.cuda(), opt)
        print(loss)
