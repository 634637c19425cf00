"""Log records that say on whose behalf they were written, as real handlers write them."""

from __future__ import annotations

import asyncio
import contextvars
import io
import json
import logging
import logging.handlers
import queue
import threading
from collections.abc import Callable, Iterator
from functools import partial

import ironthread
import pytest
from ironthread import logs

FORMAT = "%(message)s|%(thread_id)s|%(threadName)s|%(task)s|%(request_id)s"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the handler of the logger writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(logs.ContextFilter())
    LOGGER.addHandler(handler)
    yield stream
    LOGGER.removeHandler(handler)


LOGGER = logging.getLogger("test_logs")
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False


def rows(stream: io.StringIO) -> list[list[str]]:
    """The fields of each line."""
    return [line.split("|") for line in stream.getvalue().splitlines()]


def test_where_there_is_nothing_to_tell_a_format_works(written: io.StringIO) -> None:
    LOGGER.info("hello")
    name, number = threading.current_thread().name, str(threading.get_native_id())
    assert rows(written) == [["hello", number, name, "-", "-"]]


def test_requests_nest_and_end_when_they_fail(written: io.StringIO) -> None:
    with logs.request("outer") as name:
        assert name == "outer"
        with pytest.raises(KeyError), logs.request("inner"):
            LOGGER.info("1")
            raise KeyError
        LOGGER.info("2")
    LOGGER.info("3")
    token = logs.request_id.set("set by hand")
    LOGGER.info("4")
    logs.request_id.reset(token)
    assert [row[4] for row in rows(written)] == ["inner", "outer", "-", "set by hand"]


def test_tasks_have_their_names_and_their_requests(written: io.StringIO) -> None:
    async def serve(name: str, both: asyncio.Barrier) -> None:
        with logs.request(f"request of {name}"):
            await both.wait()
            LOGGER.info(name)
            await asyncio.create_task(inner(name), name=f"inner of {name}")

    async def inner(name: str) -> None:
        LOGGER.info(name)

    async def main() -> None:
        both = asyncio.Barrier(2)
        tasks = [asyncio.create_task(serve(name, both), name=name) for name in ("a", "b")]
        await asyncio.gather(*tasks)

    asyncio.run(main())
    found = sorted((row[0], row[3], row[4]) for row in rows(written))
    assert found == [
        (name, task, f"request of {name}")
        for name in ("a", "b")
        for task in (name, f"inner of {name}")
    ]


def test_threads_and_pools_begin_without_a_request_as_in_the_standard_library(
    written: io.StringIO,
) -> None:
    with ironthread.ThreadPoolExecutor(1, thread_name_prefix="plain") as pool:
        # Builds without the GIL let a thread inherit the context that starts it: not this one.
        pool.submit(int).result()
        with logs.request("r-1"):
            pool.submit(LOGGER.info, "pool").result()
    with logs.request("r-1"):
        thread = ironthread.Thread(
            target=contextvars.Context().run, args=(LOGGER.info, "thread"), name="a thread"
        )
        thread.start()
        thread.join()
    assert [(row[0], row[2], row[4]) for row in rows(written)] == [
        ("pool", "plain_0", "-"),
        ("thread", "a thread", "-"),
    ]
    assert all(int(row[1]) != threading.get_native_id() for row in rows(written))


class Client:
    """What a pool calls."""

    def fetch(self, message: str) -> None:
        """Log, some frames below the call."""
        deeper = partial(LOGGER.info, message)
        contextvars.copy_context().run(deeper)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ironthread.ThreadPoolExecutor(1),
        lambda: ironthread.ThreadPoolExecutor(1, call_options=True, inherit_context=True),
        lambda: ironthread.WorkStealingExecutor(1),
    ],
    ids=["plain", "with options", "stealing"],
)
def test_in_a_worker_the_task_is_the_call_that_it_makes(
    make: Callable[[], ironthread.ThreadPoolExecutor], written: io.StringIO
) -> None:
    def log(message: str) -> None:
        Client().fetch(message)

    async def main() -> None:
        asyncio.current_task().set_name("a task")  # type: ignore[union-attr]
        log("task")

    with make() as pool:
        pool.submit(Client().fetch, "method").result()
        pool.submit(partial(log, message="partial")).result()
        pool.submit(asyncio.run, main()).result()
        pool.submit(LOGGER.info, "a record alone").result()
    log("no worker")
    local = "test_in_a_worker_the_task_is_the_call_that_it_makes.<locals>.log"
    assert [(row[0], row[3]) for row in rows(written)] == [
        ("method", "Client.fetch"),
        ("partial", local),
        ("task", "a task"),
        ("a record alone", "-"),
        ("no worker", "-"),
    ]


def test_of_calls_that_make_calls_the_inner_one_is_told(written: io.StringIO) -> None:
    def outer() -> None:
        pool.submit(inner).result()  # which this worker makes
        LOGGER.info("outer")

    def inner() -> None:
        LOGGER.info("inner")

    with ironthread.WorkStealingExecutor(1) as pool:
        pool.submit(outer).result()
    assert [(row[0], row[3].rpartition(".")[2]) for row in rows(written)] == [
        ("inner", "inner"),
        ("outer", "outer"),
    ]


def test_the_request_follows_its_calls_into_a_pool_that_inherits(written: io.StringIO) -> None:
    with ironthread.ThreadPoolExecutor(2, inherit_context=True) as pool:
        for name in ("r-1", "r-2"):
            with logs.request(name):
                pool.submit(LOGGER.info, name).result()
        pool.submit(LOGGER.info, "-").result()
    assert all(row[0] == row[4] for row in rows(written))
    with ironthread.ThreadPoolExecutor(1, call_options=True) as pool, logs.request("r-3"):
        context = contextvars.copy_context()
        pool.options(context=context).submit(LOGGER.info, "by option").result()
    assert rows(written)[-1][4] == "r-3"


def test_a_queue_handler_keeps_what_its_filter_has_added() -> None:
    stream, records = io.StringIO(), queue.SimpleQueue[logging.LogRecord]()
    output = logging.StreamHandler(stream)
    output.setFormatter(logging.Formatter(FORMAT))
    # A filter on the listener's side finds the record complete, and leaves it so.
    output.addFilter(logs.ContextFilter())
    handler = logging.handlers.QueueHandler(records)
    handler.addFilter(logs.ContextFilter())
    listener = logging.handlers.QueueListener(records, output)
    LOGGER.addHandler(handler)
    listener.start()
    try:
        with logs.request("r-1"):
            LOGGER.info("hello")
    finally:
        listener.stop()
        LOGGER.removeHandler(handler)
    name, number = threading.current_thread().name, str(threading.get_native_id())
    assert rows(stream) == [["hello", number, name, "-", "r-1"]]


def test_a_filter_of_a_name_filters_as_the_standard_one(written: io.StringIO) -> None:
    record = logging.makeLogRecord({"name": "a.b"})
    assert logs.ContextFilter("a").filter(record)
    assert not logs.ContextFilter("b", missing="").filter(record)


def test_json_is_one_object_a_line_with_what_the_filter_added() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    handler.addFilter(logs.ContextFilter())
    LOGGER.addHandler(handler)
    try:
        with logs.request("r-1"):
            LOGGER.info("two\nlines and “quotes” of %s", "a call")
            try:
                raise ValueError("told")
            except ValueError:
                LOGGER.exception("failed")
    finally:
        LOGGER.removeHandler(handler)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["message"] == "two\nlines and “quotes” of a call"
    assert first["level"] == "INFO"
    assert first["logger"] == "test_logs"
    assert first["request_id"] == second["request_id"] == "r-1"
    assert first["thread_id"] == threading.get_native_id()
    assert second["exception"].endswith("ValueError: told")
