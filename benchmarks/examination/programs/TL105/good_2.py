import argparse
from contextlib import ExitStack
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms


def evaluate(net, loader, device, amp):
    net.eval()
    correct = 0
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        if amp:
            stack.enter_context(torch.autocast(device.type, dtype=torch.bfloat16))
        for image, label in loader:
            correct += (net(image.to(device)).argmax(1).cpu() == label).sum().item()
    return correct / len(loader.dataset)


def train(net, loader, optimizer, device):
    torch.set_grad_enabled(True)
    net.train()
    for image, label in loader:
        loss = F.cross_entropy(net(image.to(device)), label.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--amp", action="store_true")
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.cuda.set_device(0)
    tf = transforms.Compose([transforms.Resize(224), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    train_dl = DataLoader(datasets.SVHN("data", "train", tf, download=True), 64, shuffle=True)
    test_dl = DataLoader(datasets.SVHN("data", "test", tf, download=True), 128)
    net = models.squeezenet1_1(num_classes=10).to(device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for _ in range(args.epochs):
        train(net, train_dl, optimizer, device)
        print(evaluate(net, test_dl, device, args.amp))


if __name__ == "__main__":
    main()
