import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class CharCNN(nn.Module):
    def __init__(self, n_chars=70, classes=4):
        super().__init__()
        self.conv1 = nn.Conv1d(n_chars, 128, 7)
        self.conv2 = nn.Conv1d(128, 128, 3)
        self.out = nn.Linear(256, classes)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 3)
        x = F.max_pool1d(F.relu(self.conv2(x)), 3)
        x = x.flatten(1)
        fc = nn.Linear(x.shape[1], 256)  # HERE
        x = F.relu(fc(x))
        return self.out(x)


news = torch.load("ag_news_onehot.pt")
loader = DataLoader(TensorDataset(news["x"], news["y"]), batch_size=128, shuffle=True)
net = CharCNN()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(10):
    total = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        total += loss.item()
    print(epoch, total / len(loader))
