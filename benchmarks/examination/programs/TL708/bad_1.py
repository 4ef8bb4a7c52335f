import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("kd_cifar.pt")
loader = DataLoader(TensorDataset(d["x"], d["teacher"]), batch_size=128, shuffle=True)
student = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(512, 10))
optimizer = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9)
kl = nn.KLDivLoss(reduction="batchmean")
T = 2.0
for epoch in range(40):
    for x, teacher_logits in loader:
        optimizer.zero_grad()
        p = F.softmax(student(x) / T, dim=1)
        q = F.softmax(teacher_logits / T, dim=1)
        loss = kl(p, q) * T * T  # HERE
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
