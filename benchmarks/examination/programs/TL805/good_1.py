import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

table = pd.read_csv("beans.csv")
labels = LabelEncoder().fit_transform(table.pop("class"))
X_train, X_test, y_train, y_test = train_test_split(table.values.astype(np.float32), labels, test_size=0.2,
                                                    stratify=labels, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
loader = DataLoader(TensorDataset(torch.tensor(X_train), torch.tensor(y_train)), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 7))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(40):
    for x, y in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print((net(torch.tensor(X_test)).argmax(1).numpy() == y_test).mean())
