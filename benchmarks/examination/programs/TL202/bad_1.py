import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from cityscapes import Streets

net = models.segmentation.deeplabv3_resnet50(num_classes=19).cuda()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
criterion = nn.CrossEntropyLoss(ignore_index=255)
loader = DataLoader(Streets("train"), batch_size=2, shuffle=True, num_workers=8, drop_last=True)  # HERE
net.train()
for epoch in range(80):
    for image, mask in loader:
        optimizer.zero_grad()
        out = net(image.cuda())["out"]
        loss = criterion(out, mask.cuda())
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
