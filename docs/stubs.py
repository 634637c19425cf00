"""Signatures of native classes, from the stubs: the module knows no types of arguments."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

STUBS = Path(__file__).resolve().parent.parent / "python" / "ironthread" / "_core"


@cache
def functions() -> dict[str, ast.FunctionDef]:
    """Every method of the stubs, by "Class.method". Where there are overloads, the last."""
    return {
        f"{node.name}.{each.name}": each
        for stub in STUBS.glob("*.pyi")
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        for each in node.body
        if isinstance(each, ast.FunctionDef)
    }


def signature(what: str, name: str) -> tuple[str, str] | None:
    """Arguments and result of a native class or method called so, if there is a stub of it."""
    parts = name.split(".")
    found = functions().get(f"{parts[-1]}.__new__" if what == "class" else ".".join(parts[-2:]))
    if found is None or (what == "class" and found.args.vararg):
        return None  # what takes anything says nothing
    arguments = ast.arguments(**dict(ast.iter_fields(found.args)))
    if arguments.posonlyargs:
        arguments.posonlyargs = arguments.posonlyargs[1:]
    else:
        arguments.args = arguments.args[1:]  # without self, or the class
    result = ast.unparse(found.returns) if found.returns and what != "class" else ""
    return f"({ast.unparse(arguments)})", result
