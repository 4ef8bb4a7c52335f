import argparse
from dataclasses import dataclass, field
import torch
from torch import nn
import torch.nn.functional as F


@dataclass
class GroupSpec:
    prefix: str
    require_grad: bool = True
    lr: float = 1e-3


@dataclass
class Recipe:
    groups: list = field(default_factory=lambda: [
        GroupSpec("encoder", require_grad=False), GroupSpec("decoder", lr=5e-4), GroupSpec("head")])


class Captioner(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.encoder = nn.Linear(2048, 512)
        self.embed = nn.Embedding(vocab, 512)
        self.decoder = nn.GRU(512, 512, batch_first=True)
        self.head = nn.Linear(512, vocab)
        self.embed.weight.requires_grad_(False)

    def forward(self, feats, words):
        h0 = self.encoder(feats).unsqueeze(0)
        out, _ = self.decoder(self.embed(words), h0)
        return self.head(out)


def param_groups(net, recipe):
    groups = []
    for spec in recipe.groups:
        chosen = [p for n, p in net.named_parameters() if n.startswith(spec.prefix)]
        for p in chosen:
            p.requires_grad = spec.require_grad
        if spec.require_grad:
            groups.append({"params": chosen, "lr": spec.lr})
    return groups


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--vocab", type=int, default=12000)
    ap.add_argument("--pretrained", required=True)
    args = ap.parse_args()
    net = Captioner(args.vocab)
    net.load_state_dict(torch.load(args.pretrained))
    opt = torch.optim.Adam(param_groups(net, Recipe()))
    for feats, words in torch.load("flickr8k_batches.pt"):
        logits = net(feats, words[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), words[:, 1:].flatten(), ignore_index=0)
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
