"""A small convolutional network."""

from torch import nn


class ConvBlock(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.bn = nn.BatchNorm2d(out_channels)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class DigitNet(nn.Module):
    def __init__(self, width=16, dropout=0.3, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            ConvBlock(1, width),
            nn.MaxPool2d(2),
            ConvBlock(width, 2 * width),
            nn.MaxPool2d(2),
        )
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(2 * width * 4, classes)

    def forward(self, x):
        return self.classifier(self.dropout(self.features(x).flatten(1)))
