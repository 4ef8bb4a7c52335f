import os
import torch


class Checkpointer:
    def __init__(self, path, **stateful):
        self.path = path
        self.stateful = stateful

    def save(self, **extra):
        blob = {k: v.state_dict() for k, v in self.stateful.items()}
        torch.save({**blob, **extra}, self.path + ".tmp")
        os.replace(self.path + ".tmp", self.path)

    def restore(self):
        if not os.path.exists(self.path):
            return {}
        blob = torch.load(self.path, map_location="cpu")
        for k, v in self.stateful.items():
            v.load_state_dict(blob.pop(k))
        return blob
