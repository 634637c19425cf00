"""Random data that is nearly right."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, "", "\0", "\ud800", "\x1b[2J", "x" * 5000, [], {}, [[]], {"": None}),
    *(-1, 0, 1 << 64, 1 << 4000, 1e308, -0.0, float("nan"), float("inf")),
)
"""Values that are seldom thought of."""


def mutated(rng: random.Random, data: bytes, pieces: Sequence[bytes]) -> bytes:
    """The data, changed in a few places; pieces are what may stand in such data."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(found))
        end = min(len(found), at + rng.choice((0, 1, 1, 4, 100)))
        match rng.randrange(4):
            case 0:
                del found[at:end]
            case 1:
                found[at:end] = rng.randbytes(rng.randint(0, 8))
            case 2:
                found[at:at] = rng.choice(pieces) * rng.choice((1, 1, 2, 1000))
            case 3:
                found[at:end] = rng.choice(pieces)
    return bytes(found)


def mutated_value(rng: random.Random, value: Any) -> Any:
    """A value of JSON that has something else in one place."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(ODD)
    if isinstance(value, dict):
        key = rng.choice(list(value))
        if rng.random() < 0.2:
            return {name: each for name, each in value.items() if name != key}
        return value | {key: mutated_value(rng, value[key])}
    at = rng.randrange(len(value))
    if rng.random() < 0.2:
        return value[:at] + value[at + 1 :]
    return [*value[:at], mutated_value(rng, value[at]), *value[at + 1 :]]


def as_json(value: Any) -> bytes:
    """The value in JSON, as far as JSON goes."""
    return json.dumps(value).encode()
