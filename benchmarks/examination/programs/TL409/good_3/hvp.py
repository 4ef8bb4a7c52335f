import torch


def top_eigenvalue(loss, params, rounds=20):
    grads = torch.autograd.grad(loss, params, create_graph=True)
    v = [torch.randn_like(p) for p in params]
    value = 0.0
    for _ in range(rounds):
        norm = torch.stack([u.pow(2).sum() for u in v]).sum().sqrt()
        v = [u / norm for u in v]
        dot = sum((g * u).sum() for g, u in zip(grads, v))
        hv = torch.autograd.grad(dot, params, retain_graph=True)
        value = sum((h * u).sum() for h, u in zip(hv, v)).item()
        v = [h.detach() for h in hv]
    return value
