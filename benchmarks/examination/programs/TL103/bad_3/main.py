import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from vae import VAE


class Experiment:
    def __init__(self):
        self.vae = VAE()
        self.opt = torch.optim.Adam(self.vae.parameters(), lr=1e-3)
        tf = transforms.ToTensor()
        self.train_dl = DataLoader(datasets.MNIST("data", True, tf, download=True), 128, shuffle=True)
        self.test_dl = DataLoader(datasets.MNIST("data", False, tf), 128)

    def elbo(self, x):
        x = x.flatten(1)
        recon, mu, logvar = self.vae(x)
        nll = F.binary_cross_entropy_with_logits(recon, x, reduction="sum")
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum()
        return (nll + kl) / x.size(0)

    def train(self):
        self.vae.train()
        for x, _ in self.train_dl:
            self.opt.zero_grad()
            loss = self.elbo(x)
            loss.backward()
            self.opt.step()

    def test(self):
        self.vae.eval()
        total = 0.0
        for x, _ in self.test_dl:
            total += self.elbo(x).item() * len(x)  # HERE
        return total / len(self.test_dl.dataset)


exp = Experiment()
for epoch in range(10):
    exp.train()
    print(epoch, exp.test())
