"""What `install()` exchanges in a process, and the way back.

What is exchanged
    Attributes of the existing modules `threading`, `_thread`, `queue`, `_queue` and (when they are
    imported, see `ironthread._imports`) `concurrent.futures`; entries of `sys.modules` never,
    because half of the standard library and the interpreter itself hold the module objects. Then
    every place of a loaded standard-library module that holds one of the exchanged objects (see
    `ironthread._places`), and the live locks that can be exchanged safely (see `ironthread._live`).
    Modules imported later find ours by attribute.

    Threads that exist and subclasses of `Thread` become ours where they are (see
    `ironthread._heirs`): `isinstance(threading.main_thread(), threading.Thread)` goes on to hold.
    Other objects that exist do not: `isinstance(old_queue, queue.Queue)` does not.

What stays
    Modules of the program that took a class before `install()` keep it, and are named in a warning.
    Objects made before keep working, and so do subclasses made before. The standard classes that
    stay reachable (the bases of such subclasses, `threading._RLock`, `queue._PySimpleQueue`) look
    their locks up in `threading` when they are used: they run on our locks from then on. `local` is
    the interpreter's own. Exceptions (`queue.Empty`, `threading.BrokenBarrierError`, ...) are the
    same objects with and without us, so that handlers written for one catch the other.

What comes back
    `uninstall()` writes the old objects to the places that still hold ours, including those of
    modules that were imported in between: for them it works out what the import would have given.
    Whatever somebody else put over ours stays. Objects of ours stay too and go on working: only
    threads that were standard ones go back. A subclass of `Thread` or `Timer` that was made before
    `install()` keeps our base as long as a thread of it lives that was started under it, until the
    next `uninstall()`.
"""

from __future__ import annotations

import _thread
import sys

from ironthread import _core, _heirs, _imports, _live, _threads, _timer
from ironthread._exceptions import ShutDown
from ironthread._places import AttributePlace, Place, Search, SpecialPlace, modules_of_the_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

    from ironthread._adopted import Adopted

# module, attribute -> what stands there while installed. Several names lead to one class; where
# the name alone does not tell which one was meant, the first that fits is taken.
_EXCHANGED: dict[tuple[str, str], Any] = {
    ("threading", "Lock"): _core.Lock,
    ("threading", "RLock"): _core.RLock,
    ("threading", "Condition"): _core.Condition,
    ("threading", "Semaphore"): _core.Semaphore,
    ("threading", "BoundedSemaphore"): _core.BoundedSemaphore,
    ("threading", "Event"): _core.Event,
    ("threading", "Barrier"): _core.Barrier,
    ("threading", "Thread"): _threads.Thread,
    ("threading", "Timer"): _timer.Timer,
    ("_thread", "allocate_lock"): _core.Lock,
    ("_thread", "allocate"): _core.Lock,
    ("_thread", "LockType"): _core.Lock,
    ("_thread", "RLock"): _core.RLock,
    ("queue", "Queue"): _core.Queue,
    ("queue", "LifoQueue"): _core.LifoQueue,
    ("queue", "PriorityQueue"): _core.PriorityQueue,
    ("_queue", "SimpleQueue"): _core.SimpleQueue,
}

# module -> the attributes of what it defines, and the module of ours that has the same.
_FUTURES = {
    "concurrent.futures": (
        "concurrent.futures._base",
        ("Future", "wait", "as_completed"),
        "ironthread._futures",
    ),
    "concurrent.futures.thread": (
        "concurrent.futures.thread",
        ("ThreadPoolExecutor",),
        "ironthread._pool",
    ),
}

# Their live locks are not exchanged.
_OWN_LOCKS = frozenset({"threading", "_thread"})

_NOTHING = object()


class Installation:
    """What one `install()` exchanged, and with it the way back."""

    def __init__(self) -> None:
        import queue as _  # noqa: F401 (loads what is to be exchanged)

        self._standard = {
            (module, name): getattr(sys.modules[module], name)
            for module, name in _EXCHANGED
            if hasattr(sys.modules.get(module), name)
        }
        self._exchanged = dict(_EXCHANGED)
        self._ours = {id(old): _EXCHANGED[key] for key, old in self._standard.items()}
        self._undo: list[tuple[Place, object, object]] = []
        self._locks: list[tuple[Place, object]] = []
        self._heirs = _heirs.Heirs(
            (self._standard["threading", name], _EXCHANGED["threading", name])
            for name in ("Thread", "Timer")
        )
        self._pools: list[_heirs.Heirs | Adopted] = []
        self._imports = _imports.Watch(frozenset(_FUTURES), self._exchange_futures)

    def enter(self) -> None:
        """Exchange everything."""
        self._imports.enter()
        self._know_futures()
        locks = self._exchange_names()
        self._heirs.adopt()
        self._adopt_pools()
        self._add_missing()
        if _live.alone():
            self._exchange_locks(locks)

    def leave(self) -> None:
        """Put everything back."""
        self._imports.leave()
        for place, old, ours in reversed(self._undo):
            if _read(place) is not ours:
                continue
            if old is _NOTHING:
                place.erase()
            else:
                place.write(old)
        self._heirs.release()
        for pools in self._pools:
            pools.release()
        self._put_back_in_later_modules()
        if _live.alone():
            for place, old in self._locks:
                if type(_read(place)) in (_core.Lock, _core.RLock):
                    _live.exchange(place, old)

    def _know_futures(self) -> list[str]:
        """Take in the names of `concurrent.futures` as far as it is loaded; return what is new."""
        new: list[str] = []
        for loaded, (module, names, ours) in _FUTURES.items():
            if loaded not in sys.modules or (module, names[0]) in self._standard:
                continue
            __import__(ours)
            found = sys.modules[ours]
            if not all(hasattr(found, name) for name in names):
                # The program imports ours, which imported the standard one, which brought us here.
                _imports.postpone(self._exchange_futures)
                continue
            for name in names:
                key = module, name
                self._exchanged[key] = getattr(found, name)
                self._standard[key] = old = getattr(sys.modules[module], name)
                self._ours[id(old)] = self._exchanged[key]
            new += [loaded, module]
        return new

    def _adopt_pools(self) -> None:
        """Make pools that exist ours, in class and not in deed: asyncio looks at the class."""
        key = "concurrent.futures.thread", "ThreadPoolExecutor"
        if key in self._standard:
            from ironthread._adopted import Adopted  # only now: it is for few

            pair = self._standard[key], self._exchanged[key]
            self._pools = [_heirs.Heirs([pair]), Adopted(*pair)]
        for pools in self._pools:
            pools.adopt()

    def _exchange_futures(self) -> None:
        """Exchange what has just been imported. Nobody but the modules themselves can have it."""
        modules = [sys.modules[name] for name in self._know_futures()]
        for _, place, value in list(Search(self._standard.values()).run(modules)):
            self._write(place, self._ours[id(value)])

    def late(self) -> dict[str, list[str]]:
        """The modules of the program that hold standard classes, and under which names."""
        found: dict[str, list[str]] = {}
        for module in modules_of_the_program():
            names = [name for name, value in list(vars(module).items()) if id(value) in self._ours]
            if names:
                found[module.__name__] = sorted(names)
        return found

    def _exchange_names(self) -> list[Place]:
        """Exchange names; return the places of live locks that were seen on the way."""
        locks: list[Place] = []
        search = Search(self._standard.values(), self._lock_types())
        for module, place, value in search.run():
            ours = self._ours.get(id(value))
            if ours is not None:
                self._write(place, ours)
            elif module.__name__ not in _OWN_LOCKS:
                locks.append(place)
        return locks + [place for place, _ in _live.handler_locks()]

    def _exchange_locks(self, found: list[Place]) -> None:
        lock_types = self._lock_types()
        for place in found:
            ours = lock_types.get(type(_read(place)))
            old = _live.exchange(place, ours()) if ours is not None else None
            if old is not None:
                self._locks.append((place, old))

    def _add_missing(self) -> None:
        queue = sys.modules["queue"]
        if not hasattr(queue, "ShutDown"):
            self._write(AttributePlace(queue, "ShutDown"), ShutDown)
            self._write(AttributePlace(queue, "__all__"), [*queue.__all__, "ShutDown"])
        if not hasattr(_thread, _core.Lock.__qualname__):
            # Before 3.13 a Lock is made by a function and its class has no name in any module.
            # Pickle, which multiprocessing uses for the registries of its managers, has to find
            # the class under a name that a process without ironthread has as well.
            self._write(SpecialPlace(_core.Lock, "__qualname__"), "allocate_lock")

    def _put_back_in_later_modules(self) -> None:
        """Modules imported while installed took ours; give them what they would have taken."""
        for module, place, ours in Search(self._exchanged.values()).run():
            place.write(self._original(module, ours))

    def _original(self, module: ModuleType, ours: object) -> object:
        keys = [key for key in self._standard if self._exchanged[key] is ours]
        if len(keys) > 1:
            names = _names(module)
            keys = [key for key in keys if names.issuperset(key)] or keys
        return self._standard[keys[0]]

    def _lock_types(self) -> dict[type, type]:
        """The types of the standard locks, and ours for each."""
        return {
            self._standard["_thread", name]: _EXCHANGED["_thread", name]
            for name in ("LockType", "RLock")
        }

    def _write(self, place: Place, ours: object) -> None:
        old = _read(place)
        place.write(ours)
        self._undo.append((place, old, ours))


def _read(place: Place) -> object:
    """What is in `place`, or `_NOTHING`."""
    try:
        return place.read()
    except (LookupError, AttributeError, TypeError):
        return _NOTHING


def _names(module: ModuleType) -> set[str]:
    """Every name that the code of `module` mentions; its imports are among them."""
    spec = module.__spec__
    try:
        code = spec.loader.get_code(spec.name)  # type: ignore[union-attr]
    except (AttributeError, ImportError):
        return set()
    names: set[str] = set()
    pending: list[CodeType | None] = [code]
    while pending:
        code = pending.pop()
        if code is not None:
            names.update(code.co_names)
            pending += [const for const in code.co_consts if type(const) is type(code)]
    return names
