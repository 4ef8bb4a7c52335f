from torch.utils.data import DataLoader


def make_loader(dataset, batch_size=64, workers=4):
    return DataLoader(dataset, batch_size=batch_size, num_workers=workers, pin_memory=True)
