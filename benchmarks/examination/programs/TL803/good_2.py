import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from contrast import TwoViews, Projector, LinearEval


def loader_for(data, batch, train):
    return DataLoader(data, batch_size=batch, shuffle=train, drop_last=train, num_workers=4)


def nt_xent(a, b, tau):
    z = F.normalize(torch.cat([a, b]), dim=1)
    sim = (z @ z.t() / tau).fill_diagonal_(-1e9)
    n = len(a)
    gold = torch.cat([torch.arange(n, 2 * n), torch.arange(n)]).to(z.device)
    return F.cross_entropy(sim, gold)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tau", type=float, default=0.2)
    ap.add_argument("--batch", type=int, default=512)
    args = ap.parse_args()
    net = Projector(128).cuda()
    opt = torch.optim.SGD(net.parameters(), lr=0.06, momentum=0.9, weight_decay=5e-4)
    pretrain = loader_for(TwoViews("train"), args.batch, True)
    test = loader_for(TwoViews("test", views=1), args.batch, False)
    probe = LinearEval(net, classes=100)
    for epoch in range(200):
        net.train()
        for a, b in pretrain:
            loss = nt_xent(net(a.cuda()), net(b.cuda()), args.tau)
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 20 == 19:
            net.eval()
            with torch.no_grad():
                feats = [net(x.cuda()).cpu() for x, _ in test]
            print(epoch, probe.score(torch.cat(feats)))


if __name__ == "__main__":
    main()
