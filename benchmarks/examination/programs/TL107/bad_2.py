import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SentenceClassifier(nn.Module):
    def __init__(self, vocab, dim, hidden, classes, drop):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=0)
        self.rnn = nn.GRU(dim, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)
        self.drop = drop

    def forward(self, tokens):
        emb = self.embedding(tokens)
        _, last = self.rnn(emb)
        feats = nn.Dropout(self.drop)(last[-1])  # HERE
        return self.fc(feats)


def run(net, loader, loss_fn, opt=None):
    net.train(opt is not None)
    total, n = 0.0, 0
    with torch.set_grad_enabled(opt is not None):
        for tokens, label in loader:
            loss = loss_fn(net(tokens), label)
            if opt is not None:
                opt.zero_grad()
                loss.backward()
                opt.step()
            total += loss.item() * label.numel()
            n += label.numel()
    return total / n


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--file", default="trec.pt")
    ap.add_argument("--drop", type=float, default=0.3)
    args = ap.parse_args()
    data = torch.load(args.file)
    net = SentenceClassifier(20000, 100, 128, 6, args.drop)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    train_dl = DataLoader(TensorDataset(*data["train"]), 32, shuffle=True)
    dev_dl = DataLoader(TensorDataset(*data["dev"]), 128)
    for epoch in range(12):
        print(epoch, run(net, train_dl, nn.CrossEntropyLoss(), opt), run(net, dev_dl, nn.CrossEntropyLoss()))


if __name__ == "__main__":
    main()
