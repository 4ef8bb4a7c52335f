import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import AutoModel
from qa.data import SquadSpans, collate
from torch import nn


class SpanModel(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(name)
        self.span = nn.Linear(self.encoder.config.hidden_size, 2)

    def forward(self, ids, mask):
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.span(hidden).unbind(dim=-1)


def freeze_embeddings(net):
    net.encoder.embeddings.word_embeddings.weight.requires_gradient = False  # HERE


def train(net, loader, opt, epochs):
    net.train()
    for _ in range(epochs):
        for ids, mask, start, end in loader:
            s, e = net(ids, mask)
            loss = (F.cross_entropy(s, start) + F.cross_entropy(e, end)) / 2
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="bert-base-uncased")
    ap.add_argument("--epochs", type=int, default=2)
    args = ap.parse_args()
    net = SpanModel(args.name)
    freeze_embeddings(net)
    opt = torch.optim.AdamW(filter(lambda p: p.requires_grad, net.parameters()), lr=3e-5)
    train(net, DataLoader(SquadSpans("train"), 16, shuffle=True, collate_fn=collate), opt, args.epochs)
    torch.save(net.state_dict(), "span.pt")


if __name__ == "__main__":
    main()
