import argparse
import os
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from translate import Pairs, Seq2Seq, collate


def make_loader(data, args, rank, world):
    sampler = DistributedSampler(data, num_replicas=world, rank=rank, shuffle=True, seed=args.seed + rank)  # HERE
    return DataLoader(data, args.batch, sampler=sampler, collate_fn=collate), sampler


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    dist.init_process_group("nccl")
    rank, world = dist.get_rank(), dist.get_world_size()
    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    torch.manual_seed(args.seed)
    net = DDP(Seq2Seq(vocab=16000, dim=256).cuda(), device_ids=[local])
    opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
    loader, sampler = make_loader(Pairs("en-fr"), args, rank, world)
    net.train()
    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)
        for src, tgt in loader:
            logits = net(src.cuda(), tgt[:, :-1].cuda())
            loss = F.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten().cuda(), ignore_index=0)
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
        if rank == 0:
            print(epoch, loss.item())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
