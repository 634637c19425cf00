"""A table of `ironthread top` as lines of text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.attach.sample import Sample
    from ironthread.attach.views import Cell, Order, View

_GAP = "  "


def lines_of(view: View, order: Order, sample: Sample) -> list[str]:
    """Aligned lines, the header first, with a mark on the column that they are sorted by."""
    rows = order.sorted(view.rows(sample))
    header = [
        name + (order.mark if number == order.column else "")
        for number, name in enumerate(view.columns)
    ]
    cells = [header, *([cell.text for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    numeric = [any(_is_number(row[column]) for row in rows) for column in range(len(header))]

    def line(cells: list[str]) -> str:
        return _GAP.join(
            cell.rjust(size) if right else cell.ljust(size)
            for cell, size, right in zip(cells, widths, numeric, strict=True)
        ).rstrip()

    return [line(each) for each in cells]


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell.key, str)
