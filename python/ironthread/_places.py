"""The places of loaded standard-library modules that can hold a class or a lock.

A module that says `from threading import Lock` keeps what it took, whatever is assigned to
`threading.Lock` later. `install()` therefore looks at everything the loaded modules of the
standard library hold, instead of keeping a list of names that every release would make stale:
module globals, attributes of the module's classes, defaults of its functions, attributes of its
singletons (such as the resource tracker of multiprocessing), and what registries among these
(dicts, lists and tuples, such as `SyncManager._registry`) hold.

Closures, and objects that only live in functions or on the heap, are not places: what they hold
keeps working as it is.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType
    from typing import Any

_FunctionType = type(lambda: None)
_ModuleType: type = type(sys)
_CONTAINERS = frozenset({dict, list, tuple})
# Most of what modules hold: it has no attributes of its own, so there is no place in it.
_LEAVES = frozenset({int, str, bytes, float, bool, type(None), type(len), type(str.join)})

# A registry is small and flat. Larger containers are data: character tables, parser states.
_CONTAINER_LIMIT = 200
_CONTAINER_DEPTH = 3

# importlib's module locks are taken while modules are imported, by code that runs before any other:
# it stays as it is. The other two are no part of what a program runs on.
_LEFT_ALONE = frozenset({"_frozen_importlib", "_frozen_importlib_external", "idlelib", "importlib"})

_STDLIB = os.path.dirname(os.__file__)


class Place:
    """A readable and writable place: `holder[key]`."""

    __slots__ = ("holder", "key")

    def __init__(self, holder: Any, key: Any) -> None:
        self.holder = holder
        self.key = key

    def read(self) -> object:
        """What is there now; LookupError when there is nothing."""
        return self.holder[self.key]

    def write(self, value: object) -> None:
        """Put `value` there."""
        self.holder[self.key] = value

    def erase(self) -> None:
        """Leave nothing there."""
        del self.holder[self.key]


class AttributePlace(Place):
    """`holder.key`, without running descriptors or `__getattr__` on the way in."""

    __slots__ = ()

    def read(self) -> object:
        """What the holder itself has under that name; LookupError when it has not."""
        return vars(self.holder)[self.key]

    def write(self, value: object) -> None:
        """Set the attribute."""
        setattr(self.holder, self.key, value)

    def erase(self) -> None:
        """Delete the attribute."""
        delattr(self.holder, self.key)


class SpecialPlace(AttributePlace):
    """An attribute that is none of its holder's variables: `__defaults__`, `__qualname__`."""

    __slots__ = ()

    def read(self) -> object:
        """The value of the attribute."""
        return getattr(self.holder, self.key)


class ElementPlace(Place):
    """An element of a tuple that is itself in the place `holder`."""

    __slots__ = ()

    def read(self) -> object:
        """The element."""
        return self.holder.read()[self.key]

    def write(self, value: object) -> None:
        """Put a copy of the tuple with that one element changed where the tuple is."""
        whole = list(self.holder.read())
        whole[self.key] = value
        self.holder.write(tuple(whole))


class StaticMethodPlace(Place):
    """What the `staticmethod` in the place `holder` wraps."""

    __slots__ = ()

    def read(self) -> object:
        """The function inside."""
        return self.holder.read().__func__

    def write(self, value: object) -> None:
        """Wrap the new function."""
        self.holder.write(staticmethod(value))  # type: ignore[arg-type]


def standard_modules() -> list[ModuleType]:
    """The loaded modules that belong to the standard library, each once."""
    found = (
        module
        for name, module in sys.modules.copy().items()
        if name.partition(".")[0] not in _LEFT_ALONE and is_standard(name, module)
    )
    # Some go by two names: `posixpath` and `os.path`.
    return list(dict.fromkeys(found))


def modules_of_the_program() -> list[ModuleType]:
    """The loaded modules that belong neither to the standard library nor to us."""
    return [
        module
        for name, module in sys.modules.copy().items()
        if type(module) is _ModuleType
        and name.partition(".")[0] not in _LEFT_ALONE
        and name.partition(".")[0] != "ironthread"
        and not is_standard(name, module)
    ]


def is_standard(name: str, module: object) -> bool:
    """Whether `module`, which goes by `name`, belongs to the standard library."""
    # An exact type: asking a lazily loaded module for its contents would load it.
    if type(module) is not _ModuleType or name.partition(".")[0] not in sys.stdlib_module_names:
        return False
    # A file of the program may be called like a module of the standard library.
    file = vars(module).get("__file__") or _STDLIB
    return file.startswith(_STDLIB) and "site-packages" not in file


class Search:
    """Finds the places that hold one of some objects, or any instance of one of some types."""

    def __init__(self, objects: Iterable[object], types: Iterable[type] = ()) -> None:
        self._identities = {id(wanted) for wanted in objects}
        self._types = set(types)

    def run(
        self, modules: Iterable[ModuleType] | None = None
    ) -> Iterator[tuple[ModuleType, Place, Any]]:
        """Module, place and value of everything found in the modules.

        Without any these are all of the loaded standard library.
        """
        for module in standard_modules() if modules is None else modules:
            for place, value in self._module(module):
                yield module, place, value

    def _wants(self, value: object) -> bool:
        return id(value) in self._identities or type(value) in self._types

    def _module(self, module: ModuleType) -> Iterator[tuple[Place, Any]]:
        namespace = vars(module)
        # Classes and singletons of modules written in C hold nothing that could be exchanged.
        python = str(namespace.get("__file__")).endswith((".py", ".pyc"))
        for key, value in list(namespace.items()):
            if self._wants(value):
                yield Place(namespace, key), value
            elif python and type(value) not in _LEAVES and not key.startswith("__"):
                yield from self._within(Place, namespace, key, value, module.__name__)

    def _within(
        self, place: type[Place], holder: Any, key: Any, value: Any, module: str
    ) -> Iterator[tuple[Place, Any]]:
        kind = type(value)
        if kind in _CONTAINERS:
            yield from self._elements(place, holder, key, value, _CONTAINER_DEPTH)
        elif kind is _FunctionType:
            if value.__module__ == module:
                yield from self._defaults(value)
        elif isinstance(value, type):
            if value.__module__ == module:
                yield from self._attributes(value)
        elif kind.__module__ == module and hasattr(value, "__dict__"):
            for name, inner in list(vars(value).items()):
                if self._wants(inner):
                    yield AttributePlace(value, name), inner

    def _attributes(self, cls: type) -> Iterator[tuple[Place, Any]]:
        for key, value in list(vars(cls).items()):
            kind = type(value)
            if self._wants(value):
                yield AttributePlace(cls, key), value
            elif kind is staticmethod and self._wants(value.__func__):
                yield StaticMethodPlace(AttributePlace(cls, key), None), value.__func__
            elif kind is _FunctionType or kind is staticmethod or kind is classmethod:
                yield from self._defaults(getattr(value, "__func__", value))
            elif kind in _CONTAINERS:
                yield from self._elements(AttributePlace, cls, key, value, _CONTAINER_DEPTH)

    def _defaults(self, function: Any) -> Iterator[tuple[Place, Any]]:
        if type(function) is not _FunctionType:
            return
        for kind in ("__defaults__", "__kwdefaults__"):
            values = getattr(function, kind)
            if values:
                yield from self._elements(SpecialPlace, function, kind, values, 1)

    def _elements(
        self, place: type[Place], holder: Any, key: Any, container: Any, depth: int
    ) -> Iterator[tuple[Place, Any]]:
        if len(container) > _CONTAINER_LIMIT:
            return
        pairs = container.items() if type(container) is dict else enumerate(container)
        for index, value in list(pairs):
            wanted = self._wants(value)
            if not wanted and (depth == 1 or type(value) not in _CONTAINERS):
                continue
            inner: type[Place] = ElementPlace if type(container) is tuple else Place
            target = place(holder, key) if inner is ElementPlace else container
            if wanted:
                yield inner(target, index), value
            else:
                yield from self._elements(inner, target, index, value, depth - 1)
