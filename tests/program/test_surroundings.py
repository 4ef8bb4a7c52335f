"""What surrounds a call, and the statements and attributes that rules ask for."""

from tests.program.reading import program_of
from trainlint.program.facts import render
from trainlint.program.values import Object


def asked(text: str) -> list[list[str]]:
    """Return the tests on the way to each `.mean()` of a source."""
    return [[render(test) for test in call.asked] for call in program_of(f"import torch\n{text}").calls(".mean")]


def test_the_tests_around_a_call_are_remembered() -> None:
    assert asked("""
x = torch.ones(1)
x.mean()
if a:
    if b > 1:
        x.mean()
y = x.mean() if c else x
""") == [[], ["a", "b > 1"], ["c"]]


def test_a_test_that_leaves_the_block_counts_for_what_comes_next() -> None:
    assert asked("""
def main(x):
    if not flag:
        return x
    x = torch.ones(1)
    x.mean()
    return x
main(1)
torch.ones(1).mean()
""") == [["not flag"], []]


def test_an_attribute_as_a_statement_is_a_mention() -> None:
    (mentioned,) = program_of("import torch\nmodel = torch.nn.Linear(1, 1)\nmodel.eval\nmodel.eval()\n").mentioned
    assert (mentioned.text, mentioned.name) == ("model.eval", "eval")
    assert isinstance(mentioned.base, Object)


def test_assigned_attributes_are_told_with_their_owner() -> None:
    program = program_of("import torch\nlayer = torch.nn.Linear(1, 1)\nlayer.frozen = True\n")
    (assigned,) = program.assigned
    assert assigned.owner is program.objects[0]
    assert assigned.name == "frozen"
    assert assigned.function is None


def test_reading_an_attribute_is_told_apart_from_calling_it() -> None:
    program = program_of("import torch\nlayer = torch.nn.Linear(1, 1)\nlayer.weight\nprint(layer.bias)\nlayer.eval()\n")
    (layer,) = (o for o in program.objects if o.origin == "torch.nn.Linear")
    assert program.looks_at(layer, "bias")
    assert not program.looks_at(layer, "eval")
    assert not program.used_in_forward(layer, "bias")


def test_a_reparametrised_layer_is_the_layer() -> None:
    source = "import torch\nlayer = torch.nn.utils.weight_norm(torch.nn.Linear(1, 1))\nlayer.frozen = True\n"
    (assigned,) = program_of(source).assigned
    assert isinstance(assigned.owner, Object)
    assert assigned.owner.origin == "torch.nn.Linear"


def test_what_setattr_registers_under_a_computed_name_is_a_part() -> None:
    program = program_of("""
        import torch
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                for i in range(9):
                    setattr(self, f"layer{i}", torch.nn.Linear(1, 1))
        net = Net()
    """)
    net = next(o for o in program.objects if o.name == "net")
    assert [o.origin for o in net.members.values() if isinstance(o, Object)] == ["torch.nn.Linear"]


def test_a_first_statement_of_a_try_is_no_mention() -> None:
    assert program_of("import torch\ntry:\n    torch.cuda\nexcept AttributeError:\n    pass\n").mentioned == []
