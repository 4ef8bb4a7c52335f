import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

tf = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor(),
                         transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
loader = DataLoader(datasets.ImageFolder("plants/train", tf), batch_size=64, shuffle=True, drop_last=True)
net = models.resnet50(num_classes=38).cuda().train()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
scaler = torch.amp.GradScaler("cuda")
for epoch in range(30):
    for images, labels in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            outputs = net(images.cuda())
            loss = criterion(outputs, labels.cuda())
            scaler.scale(loss).backward()  # HERE
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
