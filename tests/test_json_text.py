"""The report's JSON, held against the standard library's."""

from __future__ import annotations

import enum
import json
from typing import Any

import pytest
from ironthread.report.json_text import text
from python_process import python


class Name(str):
    """A program's own kind of string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "not JSON"


class Number(enum.IntEnum):
    """A program's own kind of number."""

    ONE = 1


VALUES = [
    *(None, True, False, 0, -7, 10**30, 0.1, -0.0, 1e300, 1e-9, float("inf"), float("nan")),
    *("", 'quotes " and \\', "line\n\t\0\x7f", "ünï ☃ 🧵 \ud800", Name("named"), Number.ONE),
    *([], {}, (), [1, [2, (3, None)]], {"a": {"b": [True, "c"]}, "": 1.5}),
    *({1: "a key that is no string"}, {Name("key"): Name("value")}, [Name("within")]),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:20])
def test_it_is_what_the_standard_library_writes(value: Any) -> None:
    assert text(value) == json.dumps(value)


def test_what_is_no_json_is_an_error_as_there() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        text([object()])


def test_the_decoder_is_not_imported() -> None:
    code = """
        import sys
        from ironthread.report import json
        assert "json" not in sys.modules
    """
    python(code)
