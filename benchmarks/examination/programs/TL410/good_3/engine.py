

def take_step(optimizer, compute):
    optimizer.zero_grad(set_to_none=True)
    grads_of(compute)
    optimizer.step()


def grads_of(compute):
    loss = compute()
    loss.backward()
    compute.last = loss.item()


class Compute:
    last = None

    def __init__(self, fn, *args):
        self.fn, self.args = fn, args

    def __call__(self):
        return self.fn(*self.args)
