"""Numbers and columns for people."""

from __future__ import annotations

_GAP = "  "


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
