"""JSON as text, without the standard `json`: importing that takes longer than writing a report.

Most of it is the decoder, which comes with it, and regular expressions. What it writes is the same.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    quoted: Callable[[str], str]

try:
    # What `json` itself has strings written by, where the interpreter has it.
    from _json import encode_basestring_ascii as quoted
except ImportError:
    from json.encoder import encode_basestring_ascii as quoted

_INFINITE = float("inf")


def text(value: Any) -> str:
    """As `json.dumps(value)`, with its errors."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is int or (kind is float and -_INFINITE < value < _INFINITE):
        return repr(value)
    if kind is dict and all(type(key) is str for key in value):
        return (
            "{" + ", ".join([f"{quoted(key)}: {text(each)}" for key, each in value.items()]) + "}"
        )
    if kind is list or kind is tuple:
        return "[" + ", ".join([text(each) for each in value]) + "]"
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    import json  # for what is none of these, such as a program's own kind of string

    return json.dumps(value)
