import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.ops import FrozenBatchNorm2d
from defects import PanelBoxes, collate

net = models.detection.fasterrcnn_resnet50_fpn(weights="DEFAULT")
assert any(isinstance(m, FrozenBatchNorm2d) for m in net.modules())
net.roi_heads.box_predictor = models.detection.faster_rcnn.FastRCNNPredictor(1024, 5)
net = net.cuda().train()
params = [p for p in net.parameters() if p.requires_grad]
opt = torch.optim.SGD(params, lr=0.005, momentum=0.9, weight_decay=5e-4)
loader = DataLoader(PanelBoxes("train"), batch_size=2, shuffle=True, collate_fn=collate, num_workers=4)
for epoch in range(12):
    for images, targets in loader:
        images = [i.cuda() for i in images]
        targets = [{k: v.cuda() for k, v in t.items()} for t in targets]
        losses = net(images, targets)
        loss = sum(losses.values())
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(params, 10.0)
        opt.step()
    print(epoch, loss.item())
