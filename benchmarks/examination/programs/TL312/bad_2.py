import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from linkpred.data import EdgeBatches
from linkpred.net import GraphSage


def edge_loss(z, edges, label):
    src, dst = edges
    score = torch.sigmoid((z[src] * z[dst]).sum(-1))
    return F.binary_cross_entropy(score, label)  # HERE


def train_epoch(net, graph, loader, opt, scaler):
    net.train()
    for edges, label in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            z = net(graph.x, graph.edge_index)
            loss = edge_loss(z, edges.cuda(), label.cuda())
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--hidden", type=int, default=128)
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    batches = EdgeBatches("ogbl-collab")
    net = GraphSage(batches.graph.num_features, args.hidden).cuda()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")
    loader = DataLoader(batches, batch_size=None, shuffle=True)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, batches.graph.to("cuda"), loader, opt, scaler))


if __name__ == "__main__":
    main()
