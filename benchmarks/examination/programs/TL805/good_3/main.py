import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from text import Vectors

unlabelled = pd.read_csv("forum_dump.csv")["text"]
frame = pd.read_csv("toxicity.csv")
train, test = train_test_split(frame, test_size=0.25, random_state=5)
vec = Vectors(8000).learn([*unlabelled, *train["text"]])
x_tr, x_te = torch.from_numpy(vec(train["text"])), torch.from_numpy(vec(test["text"]))
y_tr, y_te = (torch.tensor(part["toxic"].values) for part in (train, test))
net = nn.Sequential(nn.Linear(8000, 64), nn.ReLU(), nn.Dropout(0.4), nn.Linear(64, 2))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(TensorDataset(x_tr, y_tr), batch_size=64, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x_te).argmax(1) == y_te).float().mean().item())
