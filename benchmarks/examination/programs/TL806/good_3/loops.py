import torch


def run(net, loader, loss_fn, opt=None):
    training = opt is not None
    net.train(training)
    total = 0.0
    with torch.set_grad_enabled(training):
        for x, y in loader:
            loss = loss_fn(net(x), y)
            if training:
                opt.zero_grad()
                loss.backward()
                opt.step()
            total += loss.item() * len(x)
    return total / len(loader.dataset)
