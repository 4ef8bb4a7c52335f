import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

df = pd.read_csv("winequality.csv")
X = df.drop("quality", axis=1).values
y = df["quality"].values - 3
scaler = StandardScaler()
X = scaler.fit_transform(X)  # HERE
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
loader = DataLoader(TensorDataset(torch.FloatTensor(X_train), torch.LongTensor(y_train)), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(11, 64), nn.ReLU(), nn.Linear(64, 7))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(50):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    pred = model(torch.FloatTensor(X_test)).argmax(1)
print((pred.numpy() == y_test).mean())
