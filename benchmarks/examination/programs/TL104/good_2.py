import argparse
import atexit
import torch
import torch.nn.functional as F
from torch import nn


class PhasedRunner:
    """Switches a network between phases through a table of bound methods."""

    def __init__(self, network, optimiser):
        self.network = network
        self.optimiser = optimiser
        self.enter = {"train": network.train, "valid": network.eval}
        self.step = 0
        self.eval = False

    def phase(self, name):
        self.enter[name]()
        self.eval = name == "valid"

    def one_batch(self, xs, ys):
        with torch.set_grad_enabled(not self.eval):
            loss = F.mse_loss(self.network(xs).squeeze(-1), ys)
        if self.eval:
            return loss.item()

        def closure():
            self.optimiser.zero_grad()
            value = F.mse_loss(self.network(xs).squeeze(-1), ys)
            value.backward()
            return value
        self.optimiser.step(closure)
        self.step += 1
        return loss.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--iters", type=int, default=100)
    args = parser.parse_args()
    net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 1))
    runner = PhasedRunner(net, torch.optim.LBFGS(net.parameters(), lr=0.5, max_iter=20))
    atexit.register(lambda: torch.save(net.state_dict(), "surface.pt"))
    xs = torch.rand(512, 2)
    ys = torch.sin(3 * xs[:, 0]) * xs[:, 1]
    x_val = torch.rand(128, 2)
    y_val = torch.sin(3 * x_val[:, 0]) * x_val[:, 1]
    for _ in range(args.iters):
        runner.phase("train")
        runner.one_batch(xs, ys)
        runner.phase("valid")
        print(runner.step, runner.one_batch(x_val, y_val))


if __name__ == "__main__":
    main()
