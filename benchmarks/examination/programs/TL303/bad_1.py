import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

tf = transforms.Compose([transforms.Resize(256), transforms.RandomCrop(224), transforms.ToTensor(),
                         transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
loader = DataLoader(datasets.StanfordCars("data", "train", tf), batch_size=32, shuffle=True, drop_last=True)
net = models.regnet_y_400mf(weights="DEFAULT")
net.fc = nn.Linear(net.fc.in_features, 196)
net = net.cuda().train()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
scaler = torch.amp.GradScaler("cuda")
for epoch in range(15):
    for img, label in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = nn.functional.cross_entropy(net(img.cuda()), label.cuda())
        scaler.scale(loss).backward()
        opt.step()  # HERE
        scaler.update()
    print(epoch, loss.item())
