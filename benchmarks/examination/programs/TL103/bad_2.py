import argparse
import torch
import torchaudio
from torch.utils.data import DataLoader
from kws.data import SpeechCommandsSplit, pad_collate
from kws.net import M5


def run_training(net, loader, optimizer, device):
    net.train()
    for wave, label in loader:
        logits = net(wave.to(device))
        loss = torch.nn.functional.cross_entropy(logits, label.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def run_evaluation(net, loader, device):
    net.eval()
    outputs, labels = [], []
    for wave, label in loader:
        outputs.append(net(wave.to(device)))  # HERE
        labels.append(label)
    scores = torch.cat(outputs).cpu()
    truth = torch.cat(labels)
    return (scores.argmax(dim=-1) == truth).float().mean().item()


def parse():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="speech_commands")
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--batch-size", type=int, default=256)
    ap.add_argument("--lr", type=float, default=1e-3)
    return ap.parse_args()


def main():
    args = parse()
    device = torch.device("cuda")
    resample = torchaudio.transforms.Resample(16000, 8000)
    train_dl = DataLoader(SpeechCommandsSplit(args.root, "training", resample), args.batch_size,
                          shuffle=True, drop_last=True, collate_fn=pad_collate)
    dev_dl = DataLoader(SpeechCommandsSplit(args.root, "validation", resample), args.batch_size,
                        collate_fn=pad_collate)
    net = M5(n_output=35).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        run_training(net, train_dl, optimizer, device)
        print(epoch, run_evaluation(net, dev_dl, device))


if __name__ == "__main__":
    main()
