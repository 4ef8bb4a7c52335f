import torch
from torch.utils.data import DataLoader, TensorDataset
from torchvision import models

device = "cuda"
teacher = models.resnet101(weights="DEFAULT").half().to(device).eval().requires_grad_(False)
student = models.mobilenet_v3_large(num_classes=1000).to(device)
images = torch.load("unlabelled.pt")
loader = DataLoader(TensorDataset(images), batch_size=128, shuffle=True, drop_last=True)
opt = torch.optim.SGD(student.parameters(), lr=0.02, momentum=0.9)
student.train()
for epoch in range(10):
    for (x,) in loader:
        x = x.to(device)
        with torch.no_grad():
            target = teacher(x.half()).float().softmax(dim=1)
        loss = -(target * student(x).log_softmax(dim=1)).sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
