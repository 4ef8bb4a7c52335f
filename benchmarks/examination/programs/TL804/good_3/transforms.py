from torchvision import transforms as T


def build_transform(is_train, size):
    steps = []
    if is_train:
        steps += [T.RandomCrop(size, padding=4), T.RandomHorizontalFlip(), T.ColorJitter(0.2, 0.2, 0.2)]
    steps += [T.ToTensor(), T.Normalize((0.5,) * 3, (0.5,) * 3)]
    return T.Compose(steps)


class WithTransform:
    """Gives a subset its own transform; the base set has none."""

    def __init__(self, subset, transform):
        self.subset, self.transform = subset, transform

    def __len__(self):
        return len(self.subset)

    def __getitem__(self, i):
        image, label = self.subset[i]
        return self.transform(image), label
