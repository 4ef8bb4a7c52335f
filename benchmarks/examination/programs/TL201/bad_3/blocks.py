from torch import nn


class DoubleConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.first = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.norm_a = nn.BatchNorm2d(cout)
        self.second = nn.ConvTranspose2d(cout, cout, 2, stride=2)  # HERE
        self.norm_b = nn.BatchNorm2d(cout)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.act(self.norm_a(self.first(x)))
        return self.act(self.norm_b(self.second(x)))
