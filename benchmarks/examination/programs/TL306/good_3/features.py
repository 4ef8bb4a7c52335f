import torch
from transformers import AutoModel


class HalfExtractor:
    def __init__(self, name):
        self.net = AutoModel.from_pretrained(name, torch_dtype=torch.float16).cuda().eval()

    @torch.no_grad()
    def __call__(self, pixels):
        out = self.net(pixel_values=pixels.half().cuda())
        return out.last_hidden_state[:, 0].float()


def split(n, fraction):
    half = int(n * fraction)
    return range(half), range(half, n)
