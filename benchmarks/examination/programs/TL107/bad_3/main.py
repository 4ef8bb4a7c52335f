import torch
from torch.utils.data import DataLoader
from nyu import NyuDepth
from nets import DepthNet


class DepthTrainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.net = DepthNet().to(cfg["device"])
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg["lr"])
        self.loader = DataLoader(NyuDepth(cfg["root"]), batch_size=cfg["batch"], shuffle=True)

    def fit(self):
        self.net.train()
        for epoch in range(self.cfg["epochs"]):
            for rgb, depth in self.loader:
                rgb, depth = rgb.to(self.cfg["device"]), depth.to(self.cfg["device"])
                pred = torch.nn.functional.interpolate(self.net(rgb), size=depth.shape[-2:])
                loss = (pred - depth).abs().mean()
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            torch.save(self.net.state_dict(), f"depth{epoch}.pt")


DepthTrainer(dict(device="cuda", lr=1e-4, root="/data/nyu", batch=8, epochs=20)).fit()
