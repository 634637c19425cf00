from collections.abc import Callable
from types import TracebackType
from typing import final

@final
class Reentrant:
    def __new__(cls, acquire: Callable[[], object], release: Callable[[], object]) -> Reentrant: ...
    def is_mine(self) -> bool: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        _type: type[BaseException] | None = None,
        _value: BaseException | None = None,
        _traceback: TracebackType | None = None,
        /,
    ) -> None: ...
