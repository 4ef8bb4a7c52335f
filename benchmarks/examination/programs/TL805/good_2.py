"""Cross validation where each fold fits its own statistics; the sklearn baseline uses a pipeline."""
import argparse
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def standardise(train, *others):
    mean, std = train.mean(0), train.std(0) + 1e-6
    return [(a - mean) / std for a in (train, *others)]


def run_fold(x_tr, y_tr, x_va, y_va, epochs):
    x_tr, x_va = standardise(x_tr, x_va)
    net = nn.Sequential(nn.Linear(x_tr.shape[1], 32), nn.ReLU(), nn.Linear(32, 2))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    data = TensorDataset(torch.tensor(x_tr).float(), torch.tensor(y_tr))
    for _ in range(epochs):
        for x, y in DataLoader(data, batch_size=32, shuffle=True):
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
    net.eval()
    with torch.no_grad():
        return (net(torch.tensor(x_va).float()).argmax(1).numpy() == y_va).mean()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--file", default="parkinson.npz")
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    d = np.load(args.file)
    X, y = d["x"], d["y"]
    print("baseline", cross_val_score(make_pipeline(RobustScaler(), LogisticRegression()), X, y, cv=5).mean())
    scores = []
    for tr, va in KFold(5, shuffle=True, random_state=0).split(X):
        scores.append(run_fold(X[tr], y[tr], X[va], y[va], args.epochs))
    print("mlp", np.mean(scores))


if __name__ == "__main__":
    main()
