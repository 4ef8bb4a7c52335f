from contextlib import ContextDecorator


class eval_mode(ContextDecorator):
    def __init__(self, *modules):
        self.modules = modules

    def __enter__(self):
        self.before = [m.training for m in self.modules]
        for m in self.modules:
            m.eval()

    def __exit__(self, *exc):
        for m, flag in zip(self.modules, self.before):
            m.train(flag)
        return False
