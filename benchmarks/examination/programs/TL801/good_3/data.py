from torch.utils.data import DataLoader
from torchvision import datasets, transforms

STATS = ((0.4914, 0.4822, 0.4465), (0.247, 0.243, 0.261))


def build(split, batch_size=128):
    training = split == "train"
    steps = [transforms.RandomHorizontalFlip()] if training else []
    tf = transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(*STATS)])
    data = datasets.CIFAR10("data", train=training, transform=tf, download=True)
    options = dict(batch_size=batch_size, num_workers=2)
    if training:
        options["shuffle"] = True
    return DataLoader(data, **options)
