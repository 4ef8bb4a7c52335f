import torch
from torch import nn
from torch.utils.data import DataLoader
from lr_plan import warmup_linear
from sarcasm import Headlines, TinyBert, collate


class Finetune:
    def __init__(self, epochs):
        self.epochs = epochs
        self.net = TinyBert(classes=2)
        self.loader = DataLoader(Headlines("train"), 32, shuffle=True, collate_fn=collate)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=5e-5)
        self.scheduler = warmup_linear(self.opt, 500, epochs * len(self.loader))

    def run(self):
        for epoch in range(self.epochs):
            self.net.train()
            for ids, mask, y in self.loader:
                loss = nn.functional.cross_entropy(self.net(ids, mask), y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            self.scheduler.step()  # HERE
            print(epoch, loss.item())


Finetune(4).run()
