import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import VOCSegmentation
from net import SmallSeg
from transforms_voc import joint_transform


class SegTrainer:
    def __init__(self, root, device="cuda"):
        self.device = device
        self.model = SmallSeg(21).to(device)
        self.criterion = nn.CrossEntropyLoss(ignore_index=255)
        self.optim = torch.optim.AdamW(self.model.parameters(), lr=3e-4)
        self.train_dl = DataLoader(VOCSegmentation(root, image_set="train", transforms=joint_transform),
                                   batch_size=16, shuffle=True, drop_last=True)
        self.val_dl = DataLoader(VOCSegmentation(root, image_set="val", transforms=joint_transform),
                                 batch_size=16)

    def train_epoch(self):
        self.model.train()
        for img, mask in self.train_dl:
            loss = self.criterion(self.model(img.to(self.device)), mask.to(self.device))
            self.optim.zero_grad(set_to_none=True)
            loss.backward()
            self.optim.step()

    @torch.no_grad()
    def validate(self):
        losses = []
        for img, mask in self.val_dl:
            out = self.model(img.to(self.device))  # HERE
            losses.append(self.criterion(out, mask.to(self.device)).item())
        return sum(losses) / len(losses)

    def run(self, epochs):
        for ep in range(epochs):
            self.train_epoch()
            print(ep, self.validate())


if __name__ == "__main__":
    SegTrainer("/data/voc").run(40)
