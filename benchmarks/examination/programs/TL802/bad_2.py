import argparse
import os
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from transformers import AutoModelForCausalLM
from stories import TinyStories


def setup():
    dist.init_process_group("nccl")
    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    return local


def train_one_epoch(model, loader, optimizer):
    model.train()
    for ids in loader:
        ids = ids.cuda(non_blocking=True)
        loss = model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=4)
    ap.add_argument("--batch", type=int, default=16)
    args = ap.parse_args()
    local = setup()
    data = TinyStories("train", length=512)
    sampler = DistributedSampler(data, shuffle=True, seed=3)
    loader = DataLoader(data, args.batch, sampler=sampler, pin_memory=True)
    model = DDP(AutoModelForCausalLM.from_pretrained("gpt2").cuda(), device_ids=[local])
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5)
    for epoch in range(args.epochs):  # HERE
        loss = train_one_epoch(model, loader, optimizer)
        if dist.get_rank() == 0:
            print(epoch, loss)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
