import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from data import Bags, first

net = models.resnet18(weights="DEFAULT")
net.fc = nn.Linear(512, 4)
net = net.cuda()
opt = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
train_dl = DataLoader(Bags("train.pt"), batch_size=1, shuffle=True, collate_fn=first, num_workers=4)
test_dl = DataLoader(Bags("test.pt"), batch_size=1, collate_fn=first, num_workers=4)
for epoch in range(20):
    net.train()
    for crops, grade in train_dl:
        scores = net(crops.cuda()).mean(0, keepdim=True)
        loss = nn.functional.cross_entropy(scores, torch.tensor([grade], device="cuda"))
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum(int(net(crops.cuda()).mean(0).argmax().item() == grade) for crops, grade in test_dl)
    print(epoch, right / len(test_dl.dataset))
