from torch import nn


class ModeMixin:
    frozen_parts = ()

    def train(self, mode=True):
        super().train(mode)
        for name in self.frozen_parts:
            getattr(self, name).train(False)
        self.on_mode(mode)
        return self

    def on_mode(self, mode):
        pass


class Towers(ModeMixin, nn.Module):
    frozen_parts = ("image",)

    def __init__(self, image, text):
        super().__init__()
        self.image = image.requires_grad_(False)
        self.text = text
        self.eval()

    def forward(self, pixels, tokens):
        a = nn.functional.normalize(self.image(pixels), dim=-1)
        b = nn.functional.normalize(self.text(tokens), dim=-1)
        return a @ b.t() / 0.07
