import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.286,), (0.353,))])
train_dl = DataLoader(datasets.FashionMNIST("data", True, tf, download=True), batch_size=64, shuffle=True)
test_dl = DataLoader(datasets.FashionMNIST("data", False, tf, download=True), batch_size=64)

mlp = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 10))
loss_fn = nn.CrossEntropyLoss()
sgd = torch.optim.SGD(mlp.parameters(), lr=0.05, momentum=0.9)


def train():
    mlp.train()
    for X, y in train_dl:
        pred = mlp(X)
        loss = loss_fn(pred, y)
        sgd.zero_grad()
        loss.backward()
        sgd.step()


def test():
    mlp.eval()
    test_loss, correct = 0, 0
    for X, y in test_dl:
        pred = mlp(X)  # HERE
        test_loss += loss_fn(pred, y).item()
        correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    print(f"Accuracy {100 * correct / len(test_dl.dataset):.1f}%, loss {test_loss / len(test_dl):.4f}")


for t in range(5):
    print(f"Epoch {t + 1}")
    train()
    test()
