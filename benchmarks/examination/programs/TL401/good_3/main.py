import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from optim_wrap import Updater

faces = torch.load("faces64.pt")
gen = nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 4096), nn.Tanh())
disc = nn.Sequential(nn.Linear(4096, 512), nn.LeakyReLU(0.2), nn.Linear(512, 1))
updater = Updater({
    "g": torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.5, 0.999)),
    "d": torch.optim.Adam(disc.parameters(), lr=2e-4, betas=(0.5, 0.999)),
})
for epoch in range(100):
    for (real,) in DataLoader(TensorDataset(faces), batch_size=64, shuffle=True):
        fake = gen(torch.randn(len(real), 64))
        d_loss = F.softplus(-disc(real)).mean() + F.softplus(disc(fake.detach())).mean()
        d_loss.backward()
        updater.apply("d")
        g_loss = F.softplus(-disc(fake)).mean()
        g_loss.backward()
        updater.apply("g")
    print(epoch, d_loss.item(), g_loss.item())
