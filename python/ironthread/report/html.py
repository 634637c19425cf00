"""The report as one HTML file: it loads nothing, and runs nothing but its own script.

Python puts the data in, the script makes the tables and charts of them. The script writes text as
text nodes only, and the browser runs no other one: the policy in the page names it, and the style,
by their digests. So nothing that a program calls its threads can do harm.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from hashlib import sha256
from html import escape

from ironthread.report import html_data, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report

_ASSETS = os.path.join(os.path.dirname(__file__), "page")
_STYLES = ("colours.css", "page.css", "tables.css", "lanes.css")
# The last one makes the page with what the others define.
_SCRIPTS = (
    *("format.js", "elements.js", "table.js", "charts.js", "columns.js"),
    *("viewport.js", "lane.js", "tooltip.js", "lanes.js", "sections.js", "page.js"),
)


def render(report: Report, directory: str) -> str:
    """The page; files below `directory` are named relative to it.

    Raises OSError if the package's own files cannot be read.
    """
    style, script = _joined(_STYLES), _joined(_SCRIPTS)
    title = escape(" ".join(report.program))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · ironthread</title>
<style>{style}</style>
</head>
<body>
<main id="report"><noscript><pre>{escape(text.render(report, directory))}</pre></noscript></main>
<script type="application/json" id="data">{html_data.render(report, directory)}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def _joined(names: tuple[str, ...]) -> str:
    parts: list[str] = []
    for name in names:
        with open(os.path.join(_ASSETS, name), encoding="utf-8") as stream:
            parts.append(stream.read())
    return "\n".join(parts)


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    digest = b2a_base64(sha256(content.encode()).digest(), newline=False).decode()
    return f"'sha256-{digest}'"
