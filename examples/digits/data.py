"""The handwritten digits that come with scikit-learn: 1797 images of 8 by 8 pixels."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def load_splits():
    """Return images (N, 1, 8, 8), standardised, and labels (N,) of training, validation and test set."""
    digits = load_digits()
    rest_x, test_x, rest_y, test_y = train_test_split(
        digits.images, digits.target, test_size=300, random_state=0, stratify=digits.target
    )
    train_x, val_x, train_y, val_y = train_test_split(rest_x, rest_y, test_size=300, random_state=0, stratify=rest_y)
    mean, std = train_x.mean(), train_x.std()
    return [
        TensorDataset(torch.tensor((x - mean) / std, dtype=torch.float32).unsqueeze(1), torch.tensor(y))
        for x, y in ((train_x, train_y), (val_x, val_y), (test_x, test_y))
    ]


def build_loaders(batch_size):
    train_set, val_set, test_set = load_splits()
    train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True)
    val_loader = DataLoader(val_set, batch_size=100)
    test_loader = DataLoader(test_set, batch_size=100)
    return train_loader, val_loader, test_loader
