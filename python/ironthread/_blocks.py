"""The `with` blocks that a frame is in: where what a thread holds was taken, mostly.

Nothing is recorded for it. The compiler writes down, for each instruction, where an exception goes
from there (`co_exceptiontable`), and from within a `with` block that is the code which calls
`__exit__`, on the line of the `with`. The table's format is described in CPython's
`InternalDocs/exception_handling.md`. Imports nothing: see `_explain.py`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

# Bits of a byte of the table: the first of an entry, more of the number follows, the number's own.
_FIRST, _MORE, _VALUE = 0x80, 0x40, 0x3F
_UNIT = 2


def handler_lines(frame: FrameType) -> list[int]:
    """The lines of the handlers around a frame's present instruction, the outermost first.

    Those whose source begins with `with` are the blocks that the frame is in.
    """
    entries = list(_entries(frame.f_code.co_exceptiontable))
    lines: list[int] = []
    offset: int | None = frame.f_lasti
    passed: set[int] = set()
    # An instruction is in one stretch at the most; what is around its handler is around it, too.
    while offset is not None and offset not in passed:
        passed.add(offset)
        offset = next((target for start, end, target in entries if start <= offset < end), None)
        line = None if offset is None else _line_at(frame.f_code, offset)
        if line is not None and line not in lines:
            lines.append(line)
    return lines[::-1]


def _entries(table: bytes) -> Iterator[tuple[int, int, int]]:
    """Begin, end and handler of each stretch of instructions, in bytes."""
    numbers: list[int] = []
    value, is_open = 0, False
    for byte in table:
        if byte & _FIRST:
            numbers.clear()
        value = (value << 6 if is_open else 0) | byte & _VALUE
        is_open = bool(byte & _MORE)
        if not is_open:
            numbers.append(value)
        if len(numbers) == 3:
            start, length, target = numbers
            yield start * _UNIT, (start + length) * _UNIT, target * _UNIT
            numbers.append(0)


def _line_at(code: CodeType, offset: int) -> int | None:
    for start, end, line in code.co_lines():
        if start <= offset < end:
            return line
    return None
