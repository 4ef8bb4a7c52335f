"""The calls of a program, as rules ask for them."""

from tests.program.reading import program_of
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import canonical
from trainlint.program.values import Constant

SCRIPT = """
import torch
from torch import nn
import torch.nn.functional as F

model = nn.Linear(4, 2)
for epoch in range(3):
    for inputs in torch.utils.data.DataLoader(data):
        probabilities = F.softmax(model(inputs), dim=1)
        probabilities.mean()
"""


def test_a_call_knows_its_arguments_and_what_surrounds_it() -> None:
    (call,) = program_of(SCRIPT).calls("torch.nn.functional.softmax")
    assert call.text == "F.softmax"
    assert call.arguments.get(1, "dim") == Constant(1)
    assert call.written(0, "input") == "model(inputs)"
    assert [loop.text for loop in call.loops] == ["range(3)", "torch.utils.data.DataLoader(data)"]
    assert not call.is_statement


def test_making_a_module_and_applying_it_have_one_name() -> None:
    made, applied = program_of(SCRIPT).calls("torch.nn.Linear")
    assert made.makes
    assert made.result is applied.callee
    assert not applied.makes


def test_a_tensor_knows_the_call_that_gave_it() -> None:
    (method,) = program_of(SCRIPT).calls(".mean")
    assert method.is_statement
    receiver = method.callee.receiver  # type: ignore[union-attr]
    assert isinstance(receiver, Tensor)
    assert receiver.made_by is not None
    assert receiver.made_by.name == "torch.nn.functional.softmax"


def test_a_public_name_stands_for_the_module_that_defines_it() -> None:
    assert canonical("torch.nn.modules.loss.CrossEntropyLoss") == "torch.nn.CrossEntropyLoss"
    assert canonical("torch.optim.adam.Adam") == "torch.optim.Adam"
    assert canonical("torch.optim.lr_scheduler.StepLR") == "torch.optim.lr_scheduler.StepLR"
    assert canonical("torch.cuda.amp.grad_scaler.GradScaler") == "torch.cuda.amp.GradScaler"
    assert canonical("torch.autograd.no_grad") == "torch.no_grad"
    assert canonical("torch.utils.data.dataloader.DataLoader") == "torch.utils.data.DataLoader"
    assert canonical("torch.nn.functional.softmax") == "torch.nn.functional.softmax"
