"""Accelerate shards the loader and reseeds it by itself."""
import argparse
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler, Dataset


class Frames(Dataset):
    def __init__(self, path):
        self.blob = torch.load(path)

    def __len__(self):
        return len(self.blob["x"])

    def __getitem__(self, i):
        return self.blob["x"][i], self.blob["y"][i]


def feature_dump(encoder, data, accelerator):
    sampler = DistributedSampler(data, accelerator.num_processes, accelerator.process_index, shuffle=False)
    encoder.eval()
    with torch.no_grad():
        feats = [encoder(x.to(accelerator.device)).cpu() for x, _ in DataLoader(data, 256, sampler=sampler)]
    torch.save(torch.cat(feats), f"feats_{accelerator.process_index}.pt")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="frames.pt")
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    set_seed(11)
    accelerator = Accelerator()
    data = Frames(args.data)
    encoder = nn.Sequential(nn.Linear(1024, 256), nn.GELU(), nn.Dropout(0.1), nn.Linear(256, 64))
    opt = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
    encoder, opt, loader = accelerator.prepare(encoder, opt, DataLoader(data, batch_size=64, shuffle=True))
    for epoch in range(args.epochs):
        encoder.train()
        for x, y in loader:
            opt.zero_grad()
            accelerator.backward(F.mse_loss(encoder(x), y))
            opt.step()
    feature_dump(encoder, data, accelerator)


if __name__ == "__main__":
    main()
