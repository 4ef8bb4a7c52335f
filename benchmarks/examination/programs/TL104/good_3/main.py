import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from stages import Stage, run_stage

corpus = torch.load("imdb_ids.pt")
bag = nn.Sequential(nn.EmbeddingBag(30000, 64, mode="mean"), nn.Dropout(0.2), nn.Linear(64, 2))
adam = torch.optim.Adam(bag.parameters(), lr=5e-3)

fit = Stage("fit", enter=bag.train, finish=adam.step, clear=adam.zero_grad)
check = Stage("check", enter=bag.eval)

loaders = {
    "fit": DataLoader(TensorDataset(*corpus["train"]), batch_size=128, shuffle=True),
    "check": DataLoader(TensorDataset(*corpus["test"]), batch_size=512),
}
for epoch in range(5):
    for stage in (fit, check):
        print(epoch, stage.name, run_stage(stage, bag, loaders[stage.name]))
