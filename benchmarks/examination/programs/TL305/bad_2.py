import argparse
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM
from lm.data import PackedTokens


def optimise(model, batch, optimizer):
    loss = model(input_ids=batch, labels=batch).loss
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # HERE
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", default="gpt2")
    ap.add_argument("--tokens", default="openwebtext.bin")
    ap.add_argument("--lr", type=float, default=5e-5)
    args = ap.parse_args()
    model = AutoModelForCausalLM.from_pretrained(args.model).cuda()
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    loader = DataLoader(PackedTokens(args.tokens, 1024), batch_size=4, shuffle=True)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        for step, batch in enumerate(loader):
            loss = optimise(model, batch.cuda(), optimizer)
            if step % 100 == 0:
                print(step, loss)
    model.save_pretrained("gpt2-owt")


if __name__ == "__main__":
    main()
