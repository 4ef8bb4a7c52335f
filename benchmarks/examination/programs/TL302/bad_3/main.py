import torch
from torch.utils.data import DataLoader
from musdb import Stems
from separator import ConvTasNet
from mixed import MixedPrecision


class Separation:
    def __init__(self, root):
        self.net = ConvTasNet(sources=4).cuda()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.mp = MixedPrecision(enabled=True)
        self.loader = DataLoader(Stems(root, "train"), batch_size=8, shuffle=True, num_workers=4)

    def sisnr(self, est, ref):
        est = est - est.mean(-1, keepdim=True)
        ref = ref - ref.mean(-1, keepdim=True)
        proj = (est * ref).sum(-1, keepdim=True) * ref / (ref.pow(2).sum(-1, keepdim=True) + 1e-6)
        noise = est - proj
        return 10 * torch.log10(proj.pow(2).sum(-1) / (noise.pow(2).sum(-1) + 1e-6) + 1e-6)

    def train(self, epochs):
        self.net.train()
        for _ in range(epochs):
            for mix, stems in self.loader:
                with self.mp.cast():
                    est = self.net(mix.cuda())
                loss = -self.sisnr(est.float(), stems.cuda()).mean()
                self.mp.backward(loss)
                self.mp.step(self.opt)


Separation("/data/musdb18").train(50)
