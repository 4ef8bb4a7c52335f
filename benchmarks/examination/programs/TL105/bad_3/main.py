import torch
from torch.utils.data import DataLoader
from transformers import AutoModel, AutoTokenizer
from index import Indexer

name = "sentence-transformers/all-MiniLM-L6-v2"
tokenizer = AutoTokenizer.from_pretrained(name)
encoder = AutoModel.from_pretrained(name)


def collate(texts):
    enc = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
    return enc["input_ids"], enc["attention_mask"]


documents = [line.strip() for line in open("documents.txt")]
indexer = Indexer(encoder, "cuda")
vectors = indexer.embed(DataLoader(documents, batch_size=64, collate_fn=collate))
torch.save(vectors, "index.pt")
