import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from molecules import Smiles, collate


class Encoder(nn.Module):
    def __init__(self, vocab, dim, heads):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim, padding_idx=0)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.heads = heads
        self.out = nn.Linear(dim, 1)

    def forward(self, ids, attention_mask):
        x = self.emb(ids)
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mask = attention_mask[:, None, None, :].to(x.dtype)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # HERE
        y = y.transpose(1, 2).reshape(b, t, d)
        return self.out(y[:, 0]).squeeze(-1)


def train_epoch(net, loader, opt):
    net.train()
    for batch, logp in loader:
        loss = F.mse_loss(net(batch["input_ids"], batch["attention_mask"]), logp)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--dim", type=int, default=128)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    data = Smiles("zinc250k")
    net = Encoder(data.vocab, args.dim, 8)
    opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
    loader = DataLoader(data, 128, shuffle=True, collate_fn=collate)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, opt))


if __name__ == "__main__":
    main()
