from torch import nn
from torchvision import models


def build_net(classes=1):
    net = models.mobilenet_v2(weights="DEFAULT")
    net.classifier[1] = nn.Linear(net.last_channel, classes)
    return net
