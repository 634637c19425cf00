"""Numbers and columns for people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_GAP = "  "
# A shorter cell would tell nothing.
_LEAST_ROOM = 12


def duration(seconds: float) -> str:
    """A duration in seconds with a unit and about three digits: `1.24 s`, `380 ms`, `12.0 µs`."""
    if seconds >= 6000:
        minutes = round(seconds / 60)
        return f"{minutes // 60} h {minutes % 60} min"
    if seconds >= 100:
        whole = round(seconds)
        return f"{whole // 60} min {whole % 60} s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        # 0.9996 ms is shown as 1.00 ms, not as 1000 µs.
        if seconds >= size * 0.9995:
            return f"{_three_digits(seconds / size)} {unit}"
    return "0" if seconds <= 0 else "<1 µs"


def _three_digits(value: float) -> str:
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f}"


def count(number: int) -> str:
    """A number with its thousands apart: `12,345`."""
    return f"{number:,}"


def percent(share: float) -> str:
    """A share of 1: `12%`, `0.3%`, `<0.1%`."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return f"{share:.1%}" if 0 < share < 0.00995 else f"{share:.0%}"


def table(header: list[str], rows: list[list[str]], left: int) -> list[str]:
    """Aligned lines: the first `left` columns to the left, the others to the right."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]

    def line(cells: list[str]) -> str:
        aligned = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return _GAP.join(aligned).rstrip()

    return [line(header), *(line(row) for row in rows)]


def fitted(
    header: list[str],
    rows: list[list[str]],
    left: int,
    narrow: int,
    fit: Callable[[int, int], str],
    width: int,
) -> list[str]:
    """A table as wide as `width` at the most, if that can be.

    The column `narrow` has the room that the others leave: `fit` gets the number of a row and the
    room and returns the cell. What stands in the column before does not matter.
    """

    def with_cell(cells: list[str], cell: str) -> list[str]:
        return [*cells[:narrow], cell, *cells[narrow + 1 :]]

    rest = table(with_cell(header, ""), [with_cell(cells, "") for cells in rows], left)
    room = max(width - max(len(line) for line in rest), len(header[narrow]), _LEAST_ROOM)
    return table(header, [with_cell(cells, fit(row, room)) for row, cells in enumerate(rows)], left)
