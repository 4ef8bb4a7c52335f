"""Which variables are settings that whoever runs a program edits."""

import ast

import pytest

from trainlint.program.lower import lower
from trainlint.program.settings import settings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fp16 = False\nif fp16:\n    f()", {"fp16"}),
        ("fp16 = False\nif cuda and not fp16:\n    f()", {"fp16"}),
        ("fp16 = False\nscaler = Scaler() if fp16 else None", {"fp16"}),
        ("fp16 = False\ndef train():\n    if fp16:\n        f()", {"fp16"}),
        ("first = True\nfor x in y:\n    if first:\n        first = False", set()),
        ("first = True\ndef f():\n    global first\n    if first:\n        first = False", set()),
        ("fp16 = False\nf(fp16)", set()),
    ],
)
def test_a_setting_is_assigned_once_and_asked_for(text: str, found: set[str]) -> None:
    assert settings(lower("main.py", ast.parse(text)).body) & {"fp16", "first"} == found
