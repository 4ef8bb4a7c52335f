from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR


def phase(params, lr, epochs, loader):
    opt = AdamW(params, lr=lr)
    return opt, OneCycleLR(opt, max_lr=lr, epochs=epochs, steps_per_epoch=len(loader))


def run(net, loader, loss_fn, opt, sched, epochs):
    net.train()
    for _ in range(epochs):
        for x, y in loader:
            opt.zero_grad()
            loss = loss_fn(net(x), y)
            loss.backward()
            opt.step()
            sched.step()
    return loss.item()
