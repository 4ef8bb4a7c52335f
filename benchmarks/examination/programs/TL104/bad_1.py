import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
tf = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor(),
                         transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
trainset = datasets.ImageFolder("hymenoptera/train", tf)
valset = datasets.ImageFolder("hymenoptera/val", tf)
trainloader = DataLoader(trainset, batch_size=16, shuffle=True, drop_last=True)
valloader = DataLoader(valset, batch_size=16)

model = models.resnet18(weights="DEFAULT")
model.fc = nn.Linear(model.fc.in_features, 2)
model = model.to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

for epoch in range(25):
    model.train()
    for inputs, labels in trainloader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()

    model.eval  # HERE
    corrects = 0
    with torch.no_grad():
        for inputs, labels in valloader:
            preds = model(inputs.to(device)).argmax(1)
            corrects += (preds.cpu() == labels).sum().item()
    print(f"{epoch}: {corrects / len(valset):.4f}")
