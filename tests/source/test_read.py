"""Reading source text as Python does."""

from __future__ import annotations

import codecs

import pytest

from trainlint.source.read import decode, split_lines


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("x = '損失'\n".encode(), "x = '損失'\n"),
        (codecs.BOM_UTF8 + b"x = 1\n", "x = 1\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (
            "#!/usr/bin/python\n# coding: shift_jis\nx='漢'".encode("shift_jis"),
            "#!/usr/bin/python\n# coding: shift_jis\nx='漢'",
        ),
        (b"", ""),
        (b"x = '\xff'\n", "x = '\N{REPLACEMENT CHARACTER}'\n"),
        (b"x = 1\n\n\ny = '\xff'\n", "x = 1\n\n\ny = '\N{REPLACEMENT CHARACTER}'\n"),
        (b"# coding: klingon\nx = 1\n", "# coding: klingon\nx = 1\n"),
        (b"# coding: zlib\nx = 1\n", "# coding: zlib\nx = 1\n"),
        (b"# coding: undefined\nx = 1\n", "# coding: undefined\nx = 1\n"),
    ],
)
def test_decode(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_lines_end_where_python_ends_them() -> None:
    assert split_lines("a\nb\r\nc\rd\x0ce\x0bf\u2028g\n") == ["a", "b", "c", "d\x0ce\x0bf\u2028g", ""]
