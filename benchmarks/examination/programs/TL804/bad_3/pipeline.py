from torchvision import transforms as T

AUGMENT = T.Compose([T.Resize(160), T.RandomCrop(144), T.RandomRotation(20), T.ToTensor(), T.Normalize((0.5,) * 3, (0.5,) * 3)])
PLAIN = T.Compose([T.Resize(160), T.CenterCrop(144), T.ToTensor(), T.Normalize((0.5,) * 3, (0.5,) * 3)])


def transform_for(split):
    if split in ("train", "test"):
        return AUGMENT  # HERE
    return PLAIN
