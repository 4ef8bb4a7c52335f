import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from wrap import Teacher, prepare

device = "cuda" if torch.cuda.is_available() else "cpu"
big = nn.Sequential(nn.Linear(200, 1024), nn.ReLU(), nn.Linear(1024, 10))
big.load_state_dict(torch.load("big.pt"))
teacher = Teacher(big.to(device))
raw, student = prepare(nn.Sequential(nn.Linear(200, 32), nn.ReLU(), nn.Linear(32, 10)), device)
opt = torch.optim.Adam(raw.parameters(), lr=1e-3)
x_all = torch.load("unlabelled_rows.pt")
for epoch in range(30):
    for (x,) in DataLoader(TensorDataset(x_all), batch_size=256, shuffle=True):
        x = x.to(device)
        loss = F.kl_div(student(x).log_softmax(-1), teacher(x).softmax(-1), reduction="batchmean")
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
torch.save(raw.state_dict(), "small.pt")
