import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

KEEP_PROB = 0.8


class TweetNet(nn.Module):
    def __init__(self, vocab=15000, keep_prob=KEEP_PROB):
        super().__init__()
        self.emb = nn.EmbeddingBag(vocab, 128)
        self.drop = nn.Dropout(p=1 - keep_prob)
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 3)

    def forward(self, ids):
        return self.fc2(torch.relu(self.fc1(self.drop(self.emb(ids)))))


tweets = torch.load("tweets.pt")
train_dl = DataLoader(TensorDataset(*tweets["train"]), batch_size=128, shuffle=True)
test_dl = DataLoader(TensorDataset(*tweets["test"]), batch_size=512)
net = TweetNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(8):
    net.train()
    for ids, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(ids), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(ids).argmax(1) == y).sum().item() for ids, y in test_dl)
    print(epoch, right / len(test_dl.dataset))
