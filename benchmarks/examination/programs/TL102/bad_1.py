import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

blob = torch.load("ecg.pt")
train_loader = DataLoader(TensorDataset(blob["x_train"], blob["y_train"]), batch_size=128,
                          shuffle=True, drop_last=True)
valid_loader = DataLoader(TensorDataset(blob["x_valid"], blob["y_valid"]), batch_size=256)

model = nn.Sequential(
    nn.Conv1d(12, 32, 7, padding=3, bias=False), nn.BatchNorm1d(32), nn.ReLU(), nn.MaxPool1d(4),
    nn.Conv1d(32, 64, 7, padding=3, bias=False), nn.BatchNorm1d(64), nn.ReLU(),
    nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, 5))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

model.train()
for epoch in range(30):
    for signal, label in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(signal), label)
        loss.backward()
        optimizer.step()

    model.eval()  # HERE
    correct = 0
    with torch.no_grad():
        for signal, label in valid_loader:
            correct += (model(signal).argmax(1) == label).sum().item()
    print(epoch, correct / len(valid_loader.dataset))
