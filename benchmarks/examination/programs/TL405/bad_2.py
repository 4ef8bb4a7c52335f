import argparse
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForMaskedLM
from bio.data import ProteinMlm, collate


def train_epoch(model, loader, opt, scaler, accum):
    model.train()
    opt.zero_grad()
    for step, batch in enumerate(loader, 1):
        batch = {k: v.cuda() for k, v in batch.items()}
        with torch.autocast("cuda", dtype=torch.float16):
            loss = model(**batch).loss
        scaler.scale(loss).backward()  # HERE
        if step % accum == 0 or step == len(loader):
            scaler.unscale_(opt)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(opt)
            scaler.update()
            opt.zero_grad()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--accum", type=int, default=4)
    ap.add_argument("--epochs", type=int, default=2)
    args = ap.parse_args()
    model = AutoModelForMaskedLM.from_pretrained("facebook/esm2_t6_8M_UR50D").cuda()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-5)
    scaler = torch.amp.GradScaler("cuda")
    loader = DataLoader(ProteinMlm("uniref50"), 16, shuffle=True, collate_fn=collate)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(model, loader, opt, scaler, args.accum))


if __name__ == "__main__":
    main()
