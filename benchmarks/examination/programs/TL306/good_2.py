import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification
from reviews import Reviews, collate


def pick_dtype(name):
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[name]


def evaluate(model, loader, dtype):
    model.eval()
    ok = n = 0
    with torch.no_grad(), torch.autocast("cuda", dtype=torch.float16):
        for enc, y in loader:
            ok += (model(**enc.to("cuda")).logits.argmax(-1).cpu() == y).sum().item()
            n += len(y)
    return ok / n


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--dtype", choices=["bf16", "fp16", "fp32"], default="bf16")
    ap.add_argument("--epochs", type=int, default=2)
    args = ap.parse_args()
    dtype = pick_dtype(args.dtype)
    model = AutoModelForSequenceClassification.from_pretrained("roberta-base", num_labels=5).cuda()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-5)
    scaler = torch.amp.GradScaler("cuda", enabled=args.dtype == "fp16")
    train_dl = DataLoader(Reviews("train"), 32, shuffle=True, collate_fn=collate)
    val_dl = DataLoader(Reviews("val"), 64, collate_fn=collate)
    for _ in range(args.epochs):
        model.train()
        for enc, y in train_dl:
            opt.zero_grad()
            with torch.autocast("cuda", dtype=dtype, enabled=args.dtype != "fp32"):
                loss = F.cross_entropy(model(**enc.to("cuda")).logits, y.cuda())
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
        print(evaluate(model, val_dl, dtype))


if __name__ == "__main__":
    main()
