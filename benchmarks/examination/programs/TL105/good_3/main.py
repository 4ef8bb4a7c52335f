import soundfile
import torch
from torch import nn
import runtime
from runtime import Runtime


class Denoiser(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.stack = nn.Sequential(
            nn.Conv1d(1, width, 9, padding=4), nn.PReLU(),
            nn.Conv1d(width, width, 9, padding=4), nn.PReLU(),
            nn.Dropout(0.1), nn.Conv1d(width, 1, 9, padding=4))

    def forward(self, wave):
        return wave - self.stack(wave)


denoiser = Denoiser()
denoiser.load_state_dict(torch.load("denoiser.pt", map_location="cpu"))
denoiser.cuda().eval()
runtime.REGISTRY.append(denoiser)
runtime.no_grad()
rt = Runtime("cuda")
rt.start()
try:
    for name in open("files.txt").read().split():
        wave, rate = soundfile.read(name, dtype="float32")
        clean = denoiser(torch.from_numpy(wave).cuda()[None, None])
        soundfile.write(name.replace(".wav", ".clean.wav"), clean.float().cpu().numpy()[0, 0], rate)
finally:
    rt.stop()
