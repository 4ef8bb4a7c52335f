import torch
import torch.nn.functional as F
from torchvision.io import read_image
from style import VGGFeatures, gram


class StyleTransfer:
    def __init__(self, content, style, device="cuda"):
        self.vgg = VGGFeatures().to(device)
        self.canvas = content.clone().to(device).requires_grad_(True)
        self.opt = torch.optim.Adam([self.canvas], lr=0.02)
        with torch.no_grad():
            self.content = self.vgg(content.to(device))[2]
            self.grams = [gram(f) for f in self.vgg(style.to(device))]

    def run(self, steps):
        for _ in range(steps):
            feats = self.vgg(self.canvas)
            loss = F.mse_loss(feats[2], self.content)
            loss = loss + 1e4 * sum(F.mse_loss(gram(f), g) for f, g in zip(feats, self.grams))
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
        return self.canvas.detach().cpu()


def load(path):
    return read_image(path).float().div(255).sub(0.45).div(0.225).unsqueeze(0)


torch.save(StyleTransfer(load("city.jpg"), load("starry.jpg")).run(400), "result.pt")
