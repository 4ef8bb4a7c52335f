import copy
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from contrast import byol, sharpen, supervised

d = torch.load("views.pt")
student = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 64))
head = nn.Linear(64, 10)
teacher = copy.deepcopy(student).requires_grad_(False)
opt = torch.optim.AdamW([*student.parameters(), *head.parameters()], lr=1e-3)
for epoch in range(30):
    for a, b, y in DataLoader(TensorDataset(d["a"], d["b"], d["y"]), batch_size=256, shuffle=True):
        with torch.no_grad():
            target = teacher(b)
        z = student(a)
        soft = sharpen(target, 0.04)
        loss = supervised(head(z), y) + byol(target, z) + F.cross_entropy(z / 0.1, soft)
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            for slow, fast in zip(teacher.parameters(), student.parameters()):
                slow.lerp_(fast, 0.01)
    print(epoch, loss.item())
