"""What is said of the JSON report, held against one."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


def parsed(text: str) -> dict[str, Any]:
    """The report, which has exactly the members that the schema tells of."""
    report: dict[str, Any] = json.loads(text)
    _VALIDATOR.validate(report)
    return report


def _strict(schema: Any) -> Any:
    """The schema, with objects that may have no other members than those it names."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _strict(each) for name, each in schema.items()}
    return {"additionalProperties": False, **inner} if "required" in inner else inner


_SCHEMA = json.loads(files("ironthread.report").joinpath("schema.json").read_text("utf-8"))
Draft202012Validator.check_schema(_SCHEMA)
_VALIDATOR = Draft202012Validator(_strict(_SCHEMA))
