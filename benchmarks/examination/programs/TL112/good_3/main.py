import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
from datasets import load_dataset
from torch.utils.data import DataLoader
from freeze import Freezer

tok = AutoTokenizer.from_pretrained("t5-small")
t5 = AutoModelForSeq2SeqLM.from_pretrained("t5-small")
freezer = Freezer(t5, require_grad=["decoder.*"])
freezer.require_grad = freezer.require_grad + ["lm_head.*"]
optimizer = torch.optim.AdamW(freezer.apply(), lr=3e-4)


def collate(rows):
    src = tok([r["article"] for r in rows], truncation=True, max_length=512, padding=True, return_tensors="pt")
    tgt = tok([r["highlights"] for r in rows], truncation=True, max_length=128, padding=True, return_tensors="pt")
    labels = tgt["input_ids"].masked_fill(tgt["attention_mask"] == 0, -100)
    return {**src, "labels": labels}


news = load_dataset("cnn_dailymail", "3.0.0", split="train[:2%]")
t5.train()
for batch in DataLoader(news, batch_size=8, shuffle=True, collate_fn=collate):
    loss = t5(**batch).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
t5.save_pretrained("t5-news")
