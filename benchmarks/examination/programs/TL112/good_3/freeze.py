from fnmatch import fnmatch


class Freezer:
    """Remembers which parameters it froze; its own `require_grad` is a list of patterns."""

    def __init__(self, module, require_grad):
        self.module = module
        self.require_grad = require_grad

    def apply(self):
        for name, p in self.module.named_parameters():
            setattr(p, "requires_grad", any(fnmatch(name, pat) for pat in self.require_grad))
        return [p for p in self.module.parameters() if p.requires_grad]
