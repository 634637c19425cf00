"""How many sequences are tried, and the threads that do their steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from properties.turns import Turns

EXAMPLES, LONG_EXAMPLES = 80, 5_000


def pytest_configure(config: pytest.Config) -> None:
    # The short run is the same each time. No deadline and no health checks of speed: the machine may be
    # busy. Explaining a failure would trace the program's lines, in threads as well.
    common = settings(
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.function_scoped_fixture),
    )
    settings.register_profile("short", common, max_examples=EXAMPLES, derandomize=True)
    settings.register_profile("long", common, max_examples=LONG_EXAMPLES, print_blob=True)
    settings.load_profile("long" if config.getoption("--long") else "short")


@pytest.fixture(scope="session")
def turns() -> Iterator[Turns]:
    """The threads: the same for all sequences, because those are many."""
    with Turns() as made:
        yield made
