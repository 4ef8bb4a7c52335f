import argparse
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForQuestionAnswering, get_linear_schedule_with_warmup
from squad import Squad, collate


def train(model, loader, optimizer, scheduler, epochs):
    model.train()
    for epoch in range(epochs):
        for batch in loader:
            loss = model(**batch.to("cuda")).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scheduler.step()  # HERE
            optimizer.step()
        print(epoch, loss.item())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", default="bert-base-uncased")
    ap.add_argument("--epochs", type=int, default=2)
    args = ap.parse_args()
    model = AutoModelForQuestionAnswering.from_pretrained(args.model).cuda()
    loader = DataLoader(Squad("train"), batch_size=16, shuffle=True, collate_fn=collate)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5)
    total = args.epochs * len(loader)
    scheduler = get_linear_schedule_with_warmup(optimizer, int(0.1 * total), total)
    train(model, loader, optimizer, scheduler, args.epochs)
    model.save_pretrained("squad")


if __name__ == "__main__":
    main()
