import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

T = 4.0
d = torch.load("distil.pt")
loader = DataLoader(TensorDataset(d["x"], d["teacher_logits"], d["y"]), batch_size=128, shuffle=True)
student = nn.Sequential(nn.Linear(300, 64), nn.ReLU(), nn.Linear(64, 20))
opt = torch.optim.Adam(student.parameters(), lr=1e-3)
for epoch in range(20):
    for x, t, y in loader:
        s = student(x)
        log_p = s.div(T).log_softmax(dim=1)
        log_q = t.div(T).log_softmax(dim=1)
        kd = F.kl_div(log_p, log_q, log_target=True, reduction="sum") / x.size(0)
        loss = 0.7 * T * T * kd + 0.3 * F.cross_entropy(s, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
