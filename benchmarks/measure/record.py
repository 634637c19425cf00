"""The figures of a run, for other programs to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from .machine import machine
from .neighbours import load


def write(file: Path | None, figures: Sequence[Mapping[str, object]], **run: object) -> None:
    """Write them into the file, if one is named, with the machine, its load and how the run was."""
    if file is not None:
        document = {"machine": machine(), "load": load(), **run, "figures": figures}
        file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
