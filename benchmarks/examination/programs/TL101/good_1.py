import contextlib
import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms


@contextlib.contextmanager
def inference_of(net):
    was_training = net.training
    net.eval()
    try:
        with torch.no_grad():
            yield net
    finally:
        net.train(was_training)


def top1(net, loader, device):
    hits, seen = 0, 0
    with inference_of(net) as frozen:
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            hits += (frozen(images).argmax(1) == labels).sum().item()
            seen += labels.size(0)
    return hits / seen


def main():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tf = transforms.Compose([transforms.Resize(224), transforms.ToTensor(),
                             transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    train_set = datasets.CIFAR10("data", train=True, download=True, transform=tf)
    test_set = datasets.CIFAR10("data", train=False, download=True, transform=tf)
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True, num_workers=4, drop_last=True)
    test_loader = DataLoader(test_set, batch_size=256, num_workers=4)
    net = models.resnet18(num_classes=10).to(device)
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    loss_fn = nn.CrossEntropyLoss()
    net.train()
    for epoch in range(20):
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            opt.zero_grad()
            loss_fn(net(images), labels).backward()
            opt.step()
        print(epoch, top1(net, test_loader, device))


if __name__ == "__main__":
    main()
