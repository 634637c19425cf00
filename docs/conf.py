"""How Sphinx builds the site from the Markdown in this directory; `make docs` runs it."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
import stubs

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "ironthread"
author = "The ironthread developers"
release = version = version_of("ironthread")
html_title = f"ironthread {release}"
html_theme = "furo"
html_show_sphinx = False

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns: list[str] = []
# Links to headings of pages, as on a forge.
myst_heading_anchors = 3

# Docstrings put names in single backquotes.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
add_module_names = False
# Names of the standard library are not looked up: that would take its inventory from the network.
# Nor are type variables, which are nobody's to see.
nitpick_ignore_regex = [("py:.*", r"(?!ironthread\.).*|.*\.T")]


# `name: what it is`, continued by indented lines: how our docstrings describe arguments.
_FIELD = re.compile(r"(?P<name>\w+): \S")


# A link to Markdown above this directory.
_OUTSIDE = re.compile(r"\]\((?P<path>[^():#]*\.\./[^():#]+\.md)(?:#[^()]*)?\)")


def outside(app: Sphinx, page: str, source: list[str]) -> None:
    """Have links to the project's other Markdown, which is no part of the site, fetch the file."""

    def link(found: re.Match[str]) -> str:
        target = (app.srcdir / page).parent / found["path"]
        is_page = Path(app.srcdir).resolve() in target.resolve().parents
        return found[0] if is_page else f"](path:{found['path']})"

    source[0] = _OUTSIDE.sub(link, source[0])


def fields(
    _app: object, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Have a docstring's arguments shown as a list of fields."""
    inside = True
    for number, line in enumerate(lines):
        if not line.strip():
            inside = True
        elif inside and (field := _FIELD.match(line)):
            lines[number] = f":{field['name']}:{line[field.end('name') + 1 :]}"
        elif not line.startswith(" "):
            inside = False


def typed(
    _app: object, what: str, name: str, thing: object, *_rest: object
) -> tuple[str, str] | None:
    """The signature of what is native, with types."""
    is_native = "ironthread._core" in repr(thing) or not hasattr(thing, "__code__")
    return stubs.signature(what, name) if what in ("class", "method") and is_native else None


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("source-read", outside)
    app.connect("autodoc-process-signature", typed)
    app.connect("autodoc-process-docstring", fields)
