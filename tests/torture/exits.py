"""A program that ends while its threads are in the middle of a scene."""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType

from torture import classes, endings
from torture.cast import Cast, until_exit

Busy = Callable[[], object]

# From 3.15 on the interpreter, done with waiting for the threads and with the exit functions, does both again
# if a thread that it has to wait for was started meanwhile. Whoever's wait was interrupted is waited for again
# then, though it is not counted among those threads any more: python itself, with nothing of ours in it, hangs
# if an exit function starts a thread. It takes an interrupt for each wait; these programs send as many.
_EXIT_MAY_WAIT_AGAIN = sys.version_info >= (3, 15)
_NEXT_INTERRUPT_SECONDS = 0.05


class Curtain:
    """How the main thread ends."""

    def __init__(self, cast: Cast, busy: Busy, way: str) -> None:
        self._cast, self._busy, self._way = cast, busy, way
        self._main = threading.get_ident()
        self._signalled = False
        self._interrupted_each_time: CodeType | None = None

    def fall(self, how: str) -> None:
        """End the program."""
        signal.signal(signal.SIGINT, self._interrupted)
        if how == "exit":
            sys.exit(7)
        if how == "exit with a message":
            sys.exit("the message")
        if how == "exception":
            raise LookupError("as intended")
        if how == "interrupted":
            self._until(signal.SIGINT)
            raise KeyboardInterrupt
        if how == "terminated":
            self._until(signal.SIGTERM)
        if how == "interrupted at the exit":
            self._at_exit(signal.SIGINT)
        if how == "terminated at the exit":
            self._at_exit(signal.SIGTERM)

    def _until(self, number: signal.Signals) -> None:
        """Be busy until the signal comes."""
        busy = threading.Event()

        def send() -> None:
            busy.wait()
            self._cast.moment()
            self._send(number, again=self._way == classes.PLAIN)

        self._cast.daemon(send)
        busy.set()
        while not self._signalled:
            self._busy()

    def _at_exit(self, number: signal.Signals) -> None:
        if _EXIT_MAY_WAIT_AGAIN:
            self._interrupted_each_time = threading._shutdown.__code__  # type: ignore[attr-defined]

        def send() -> None:
            until_exit()
            self._send(number, again=True)
            never = threading.Event()
            while not never.wait(_NEXT_INTERRUPT_SECONDS if _EXIT_MAY_WAIT_AGAIN else None):
                signal.pthread_kill(self._main, number)

        threading.Thread(target=send).start()

    def _send(self, number: signal.Signals, again: bool) -> None:
        """Send the signal; `again` when the main thread may wait outside our classes.

        The interpreter sees a signal that comes just before such a wait after the wait only.
        """
        signal.pthread_kill(self._main, number)
        while again and not self._signalled:
            time.sleep(0.05)
            signal.pthread_kill(self._main, number)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        # That it was here is noted: an interrupt in a callback of a weak reference is printed and forgotten.
        if not self._signalled or self._waits_again(frame):
            self._signalled = True
            signal.default_int_handler(number, frame)

    def _waits_again(self, frame: FrameType | None) -> bool:
        # No global names in here: a signal may come when the modules are gone.
        wait = self._interrupted_each_time
        return wait is not None and frame is not None and frame.f_code is wait


def main(kind: str, seed: int, way: str) -> None:
    """Play the scene and end."""
    ending = endings.choose(kind, seed)
    cast = Cast(classes.source(kind, seed))
    if cast.rng.random() < 0.3:
        sys.setswitchinterval(10 ** -cast.rng.randint(4, 6))

    def last_look() -> None:
        if ending.out is not None:
            cast.check()
        os.write(1, endings.WHOLE.encode())

    atexit.register(last_look)
    scene = importlib.import_module(f"torture.scenes.{kind}")
    curtain = Curtain(cast, scene.play(cast), way)
    if not ending.name.startswith(("interrupted", "terminated")):
        cast.moment()
    curtain.fall(ending.name)
