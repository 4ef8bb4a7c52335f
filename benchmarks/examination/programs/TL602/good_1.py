import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
weights = models.EfficientNet_B0_Weights.DEFAULT
net = models.efficientnet_b0(weights=weights)
net.features.requires_grad_(False)
net.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 120))
net.to(device)
opt = torch.optim.AdamW(net.classifier.parameters(), lr=1e-3)
loader = DataLoader(datasets.ImageFolder("stanford_dogs", weights.transforms()), batch_size=64, shuffle=True, num_workers=4)
for epoch in range(10):
    net.train()
    net.features.eval()
    if epoch == 5:
        net.features[-1].requires_grad_(True)
        opt.add_param_group({"params": net.features[-1].parameters(), "lr": 1e-5})
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x.to(device)), y.to(device))
        loss.backward()
        opt.step()
    print(epoch, loss.item())
net.to("cpu")
torch.save(net.state_dict(), "dogs.pt")
