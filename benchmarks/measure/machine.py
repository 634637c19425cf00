"""What the figures were taken on."""

from __future__ import annotations

import os
import platform


def machine() -> str:
    """Interpreter, architecture, processors."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.machine()}, {os.cpu_count()} processors"
