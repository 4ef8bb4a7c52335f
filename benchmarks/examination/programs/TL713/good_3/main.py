import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from chat import Dialogues, collate
from masks import causal_mask, extended
from transformers import AutoModel


class Reply(nn.Module):
    def __init__(self, vocab, dim=384):
        super().__init__()
        self.encoder = AutoModel.from_pretrained("microsoft/MiniLM-L12-H384-uncased").requires_grad_(False)
        self.emb = nn.Embedding(vocab, dim)
        self.self_att = nn.MultiheadAttention(dim, 6, batch_first=True)
        self.q, self.k = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.out = nn.Linear(dim, vocab)

    def forward(self, ids, mask, reply):
        memory = self.encoder(input_ids=ids, attention_mask=mask.float()).last_hidden_state
        x = self.emb(reply)
        x = x + self.self_att(x, x, x, attn_mask=causal_mask(x.size(1)).to(x.device), need_weights=False)[0]
        q, k, v = self.q(x)[:, None], self.k(memory)[:, None], memory[:, None]
        x = x + F.scaled_dot_product_attention(q, k, v, attn_mask=extended(mask, x.dtype))[:, 0]
        return self.out(x)

    def train(self, mode=True):
        super().train(mode)
        self.encoder.eval()
        return self


net = Reply(30522)
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-4)
net.train()
for ids, mask, reply in DataLoader(Dialogues("daily"), batch_size=16, shuffle=True, collate_fn=collate):
    logits = net(ids, mask, reply[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), reply[:, 1:].flatten(), ignore_index=0)
    opt.zero_grad()
    loss.backward()
    opt.step()
