import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification
from nli import Mnli, collate


def distil_loss(student_logits, teacher_logits, temperature):
    log_p = F.log_softmax(student_logits / temperature, dim=-1)
    q = F.softmax(teacher_logits / temperature, dim=-1)
    return F.kl_div(log_p, q, reduction="mean") * temperature ** 2  # HERE


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--teacher", default="roberta-large-mnli")
    ap.add_argument("--student", default="distilroberta-base")
    ap.add_argument("--temperature", type=float, default=3.0)
    ap.add_argument("--epochs", type=int, default=3)
    args = ap.parse_args()
    teacher = AutoModelForSequenceClassification.from_pretrained(args.teacher).cuda().eval()
    student = AutoModelForSequenceClassification.from_pretrained(args.student, num_labels=3).cuda()
    optimizer = torch.optim.AdamW(student.parameters(), lr=3e-5)
    loader = DataLoader(Mnli("train"), batch_size=32, shuffle=True, collate_fn=collate)
    student.train()
    for epoch in range(args.epochs):
        for batch in loader:
            batch = batch.to("cuda")
            with torch.no_grad():
                guide = teacher(**batch).logits
            loss = distil_loss(student(**batch).logits, guide, args.temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())
    student.save_pretrained("distilled")


if __name__ == "__main__":
    main()
