import torch
from torch import nn
from torch.utils.data import DataLoader
from amp import amp_step
from proteins import Contacts


class ContactNet(nn.Module):
    def __init__(self, width=64, depth=8):
        super().__init__()
        self.inp = nn.Conv2d(42, width, 1)
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        x = self.inp(x)
        for conv in self.convs:
            x = x + conv(x).relu()
        return self.out(x).squeeze(1)


class Job:
    def __init__(self):
        self.net = ContactNet().cuda()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=3e-4)
        self.bce = nn.BCEWithLogitsLoss()

    def run(self, epochs):
        for _ in range(epochs):
            for feats, contact in DataLoader(Contacts("pdb70"), batch_size=4, shuffle=True):
                with torch.autocast("cuda", dtype=torch.float16):
                    loss = self.bce(self.net(feats.cuda()), contact.cuda().float())
                amp_step(self.optimizer, loss)


Job().run(10)
