import torch


@torch.no_grad()
def mean_dice(net, loader, classes):
    net.eval()
    inter = torch.zeros(classes)
    size = torch.zeros(classes)
    for image, mask in loader:
        guess = net(image).argmax(1)
        for c in range(classes):
            inter[c] += ((guess == c) & (mask == c)).sum()
            size[c] += (guess == c).sum() + (mask == c).sum()
    return (2 * inter / size.clamp(min=1)).mean().item()
