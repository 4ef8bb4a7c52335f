"""Measure what each mistake of this project costs: mend one at a time, and train with three seeds."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean

import torch
from model import DigitNet

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)
ADAM, SGD = "AdamW(model.parameters(), lr=args.lr)", "SGD(model.parameters(), lr=0.05, momentum=0.9)"
UNSCALE = ("train.py", "        clip_grad", "        scaler.unscale_(optimizer)\n        clip_grad")
PLAIN = ("train.py", "with trainlint.watch(model):", "if True:"), ("train.py", "import trainlint\n", "")
MENDED = {
    "as it is": (),
    "TL101": (("train.py", "    correct = 0\n    for", "    model.eval()\n    correct = 0\n    for"),),
    "TL103": (("train.py", "def test(", "@torch.no_grad()\ndef test("),),
    "TL201": (("model.py", "padding=1)", "padding=1, bias=False)"),),
    "TL202": (("model.py", "nn.BatchNorm2d(out_channels)", "nn.GroupNorm(4, out_channels)"),),
    "TL301": (UNSCALE,),
    "TL401": (("train.py", "        loss = nn.", "        optimizer.zero_grad()\n        loss = nn."),),
    "with SGD": (("train.py", ADAM, SGD),),
    "SGD TL301": (("train.py", ADAM, SGD), UNSCALE),
}
MEASURED = {
    "validation": r"epoch 3: .* validation accuracy ([\d.]+)",
    "test": r"test accuracy ([\d.]+)",
    "loss": r"test accuracy .* loss ([\d.]+)",
    "temperature": r"temperature ([\d.]+)",
}


def write_project(folder, changes):
    """Copy the project and replace, in each file named, one text by another."""
    for name in ("data.py", "model.py", "train.py"):
        text = (HERE / name).read_text(encoding="utf-8")
        for file, old, new in changes:
            if file == name:
                if text.count(old) != 1:
                    raise ValueError(f"{name} was to contain {old!r} once")
                text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")


def measure(changes):
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), PLAIN + changes)
        outputs = [
            subprocess.run(
                [sys.executable, "train.py", "--seed", str(seed)],
                cwd=folder,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
            for seed in SEEDS
        ]
    return {name: mean(float(re.search(p, o).group(1)) for o in outputs) for name, p in MEASURED.items()}


def graph_bytes(images=100):
    """Return what autograd keeps of one test batch."""
    kept = {}

    def keep(tensor):
        kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        DigitNet().eval()(torch.randn(images, 1, 8, 8))
    return sum(kept.values())


def main():
    print(f"graph of a test batch: {graph_bytes() / 2**20:.1f} MiB")
    print("mended   ", *(f"{name:>12}" for name in MEASURED))
    for name, changes in MENDED.items():
        print(f"{name:9}", *(f"{value:12.3f}" for value in measure(changes).values()), flush=True)


if __name__ == "__main__":
    main()
