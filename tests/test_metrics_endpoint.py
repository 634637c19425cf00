"""Metrics over HTTP: of programs that run, are held up by C code, or are deadlocked; and who asks badly."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ironthread
import pytest
from ironthread import _core, diagnosis
from listening import HOLD_INTERPRETER, Listening
from metrics_page import SERVE, families, fetch, page, raw, value
from programs import run_program
from python_process import PATIENCE
from test_dump import FREE_THREADED, thread_names

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server is Linux's")


@pytest.fixture
def server() -> Iterator[ironthread.metrics.MetricsServer]:
    with ironthread.serve_metrics(0) as server:
        yield server


def test_what_a_program_did_is_told_to_the_last_digit(
    server: ironthread.metrics.MetricsServer,
) -> None:
    lock = ironthread.Lock()
    queue = ironthread.Queue[int]()
    line = f"{__file__}:{sys._getframe().f_lineno}"
    first, second = (f"{__file__}:{int(line.rsplit(':', 1)[1]) - back}" for back in (2, 1))
    for number in range(1000):
        with lock:
            pass
        queue.put(number)
    for _ in range(400):
        queue.get()
    text = page(server.port)
    assert value(text, "ironthread_lock_acquisitions_total", kind="Lock", made_at=first) == 1000
    assert value(text, "ironthread_queue_puts_total", made_at=second) == 1000
    assert value(text, "ironthread_queue_gets_total", made_at=second) == 400
    assert value(text, "ironthread_queue_deepest_items", made_at=second) == 1000
    assert value(text, "ironthread_recording") == 1


def test_pools_and_waits_are_told_while_they_last(
    server: ironthread.metrics.MetricsServer,
) -> None:
    begun, over = ironthread.Semaphore(0), ironthread.Event()

    def call() -> None:
        begun.release()
        over.wait()

    with ironthread.ThreadPoolExecutor(2, thread_name_prefix="told") as pool:
        calls = [pool.submit(call) for _ in range(5)]
        failing = pool.submit(int, "no number")
        begun.acquire()
        begun.acquire()
        text = page(server.port)
        assert value(text, "ironthread_pool_workers", pool="told") == 2
        assert value(text, "ironthread_pool_busy_workers", pool="told") == 2
        assert value(text, "ironthread_pool_queued_calls", pool="told") == 4
        over.set()
        for each in calls:
            each.result(PATIENCE)
        assert failing.exception(PATIENCE)
        text = page(server.port)
        assert value(text, "ironthread_pool_calls_total", pool="told") == 6
        assert value(text, "ironthread_pool_failed_calls_total", pool="told") == 1
        assert value(text, "ironthread_pool_run_seconds_count", pool="told") == 6
        assert value(text, "ironthread_pool_busy_workers", pool="told") == 0


@pytest.mark.skipif(FREE_THREADED, reason="needs an interpreter that can be held")
@pytest.mark.skipif(not hasattr(ctypes.PyDLL(None), "usleep"), reason="needs usleep")
def test_metrics_come_while_a_c_call_holds_the_interpreter(tmp_path: Path) -> None:
    code = (
        HOLD_INTERPRETER
        + SERVE
        + """
    hold(3_000_000)
    print("over", flush=True)
    """
    )
    with Listening(tmp_path, code, "-P") as program:
        port = int(program.until(r"\d+"))
        begin = time.monotonic()
        for _ in range(5):
            assert value(page(port), "ironthread_recording") == 1
        # (The program says that it is over after 3 s: so this was within them.)
        assert time.monotonic() - begin < 2.5
        program.until("over")


def test_metrics_come_when_all_threads_are_deadlocked(tmp_path: Path) -> None:
    code = """
    import ironthread, threading
    ironthread.install()
    server = ironthread.serve_metrics(0)
    first, second = threading.Lock(), threading.Lock()
    both = threading.Barrier(2)
    def take(one, other):
        with one:
            both.wait()
            with other:
                raise AssertionError("no deadlock")
    thread = threading.Thread(target=take, args=(second, first))
    thread.start()
    print(server.port, flush=True)
    take(first, second)
    """
    with Listening(tmp_path, code, "-P") as program:
        port = int(program.until(r"\d+"))
        made_at = f"{program.script}:5"
        deadline = time.monotonic() + PATIENCE
        while True:
            text = page(port)
            deadlocks = value(text, "ironthread_deadlocks_total", nature="likely")
            if deadlocks:
                break
            assert time.monotonic() < deadline, text
            time.sleep(0.01)
        assert deadlocks == 1
        assert value(text, "ironthread_waiting_threads", kind="Lock", made_at=made_at) == 2
        longest = value(text, "ironthread_waiting_longest_seconds", made_at=made_at)
        assert longest >= 0.5  # a likely deadlock is not told before


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /metrics HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /metrics?name[]=up HTTP/1.1\r\nHost: a\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics/more HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"405"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nHost", b"400"),
        (b"GET /metrics HTTP/1.1\r\nA: " + b"x" * 100_000, b"431"),
        (b"GET /metrics HTTP/1.1\r\n" + b"A: x\r\n" * 100 + b"\r\n", b"431"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value,
)
def test_each_request_is_answered_by_what_is_wrong_with_it(
    server: ironthread.metrics.MetricsServer, request_: bytes, status: bytes
) -> None:
    head, _, body = raw(server.port, request_).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0].split()[:2] == [b"HTTP/1.1", status]
    assert b"Connection: close" in lines
    assert f"Content-Length: {len(body)}".encode() in lines
    assert (b"Allow: GET, HEAD" in lines) == (status == b"405")
    assert len(families(page(server.port))) > 20


def test_a_head_is_the_pages_head(server: ironthread.metrics.MetricsServer) -> None:
    with fetch(server.port, "HEAD") as answer:
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert int(answer.headers["Content-Length"]) > 1000


def test_a_crowd_is_served_to_the_last(server: ironthread.metrics.MetricsServer) -> None:
    with ThreadPoolExecutor(100) as pool:
        pages = list(pool.map(lambda _: page(server.port), range(300)))
    assert all("ironthread_recording 1" in text for text in pages)


def test_who_stalls_harms_nobody(server: ironthread.metrics.MetricsServer) -> None:
    with contextlib.ExitStack() as stack:
        # More than are served at a time; some say nothing, some do not finish.
        for number in range(200):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            stack.enter_context(connection)
            connection.sendall(b"" if number % 2 else b"GET /metrics HT")
        assert "ironthread_recording 1" in page(server.port)
        # Their time ends: whoever is let go finds the end of the connection, or that it is broken.
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_what_does_not_read_its_answer_harms_nobody(
    server: ironthread.metrics.MetricsServer,
) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        for _ in range(3):
            assert "ironthread_recording 1" in page(server.port)


def test_counters_never_fall(tmp_path: Path) -> None:
    code = (
        SERVE
        + """
    import sys
    sys.setswitchinterval(1e-5)
    lock, queue = ironthread.Lock(), ironthread.Queue(2)
    def produce():
        while True:
            with lock: pass
            queue.put(1)
    def consume():
        while True:
            queue.get()
    def short():
        with lock: pass
    for target in (produce, produce, consume):
        ironthread.Thread(target=target, daemon=True).start()
    def starts():
        while True:
            with ironthread.ThreadPoolExecutor(2, "short") as pool:
                for _ in range(20): pool.submit(short)
    ironthread.Thread(target=starts, daemon=True).start()
    input()
    import os
    os._exit(0)
    """
    )
    with Listening(tmp_path, code, "-P") as program:
        port = int(program.until(r"\d+"))
        before: dict[tuple[str, str], float] = {}
        grown = 0
        for _ in range(300):
            for family in families(page(port)).values():
                for sample in family.samples:
                    if family.type != "counter" and not sample.name.endswith(("_sum", "_count")):
                        continue
                    key = (sample.name, repr(sorted(sample.labels.items())))
                    assert sample.value >= before.get(key, 0), key
                    grown += sample.value > before.get(key, 0)
                    before[key] = sample.value
        assert grown > 1000
        assert any(name == "ironthread_pool_busy_seconds_total" for name, _ in before)
        program.tell()
        assert program.wait() == 0


def test_a_port_in_use_and_a_bad_address_are_errors_as_usual() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(OSError, match="in use") as caught:
            ironthread.serve_metrics(taken.getsockname()[1])
        assert caught.value.errno == errno.EADDRINUSE
    with pytest.raises(OSError, match="Cannot assign") as caught:
        ironthread.serve_metrics(0, "192.0.2.1")
    assert caught.value.errno == errno.EADDRNOTAVAIL
    with pytest.raises(OverflowError):
        ironthread.serve_metrics(65536)
    assert not _core.watch_is_on()
    assert "ironthread-dump" not in thread_names()


def test_metrics_are_served_once(server: ironthread.metrics.MetricsServer) -> None:
    with pytest.raises(FileExistsError, match="served already"):
        ironthread.serve_metrics(0)
    assert page(server.port)


def test_what_is_closed_is_gone_and_its_port_is_free() -> None:
    server = ironthread.serve_metrics(0)
    port = server.port
    assert _core.watch_is_on()
    server.close()
    server.close()
    assert not _core.watch_is_on()
    assert "ironthread-dump" not in thread_names()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with ironthread.serve_metrics(port) as again:
        assert again.port == port


def test_socket_and_metrics_end_without_each_other() -> None:
    try:
        path = diagnosis.listen()
        with ironthread.serve_metrics(0) as server:
            diagnosis.close()
            assert not Path(path).exists()
            assert _core.watch_is_on()
            assert page(server.port)
            diagnosis.listen()
        assert _core.watch_is_on()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))
        with ironthread.serve_metrics(server.port) as again:
            assert page(again.port)
    finally:
        diagnosis.close()
    assert not _core.watch_is_on()


def test_a_recording_that_was_on_before_stays_on() -> None:
    _core.watch_start()
    try:
        ironthread.serve_metrics(0).close()
        assert _core.watch_is_on()
    finally:
        _core.watch_stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_nothing_of_it_and_may_serve_its_own() -> None:
    run_program(
        """
    import http.client, os, socket, sys, warnings
    import ironthread
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    def fetched(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/metrics")
        return connection.getresponse().read()
    server = ironthread.serve_metrics(0)
    # One that is being served at the fork: the child must not keep its connection.
    asking = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    asking.sendall(b"GET /met")
    assert fetched(server.port)
    end, other_end = os.pipe()
    child = os.fork()
    if not child:
        os.close(other_end)
        server.close()
        own = ironthread.serve_metrics(0)
        assert own.port != server.port
        assert b"ironthread_recording 1" in fetched(own.port)
        own.close()
        os.read(end, 1)  # until the parent has seen to its own
        os._exit(0)
    os.close(end)
    assert b"ironthread_recording 1" in fetched(server.port)
    asking.sendall(b"rics HTTP/1.0\\r\\n\\r\\n")
    asking.shutdown(socket.SHUT_WR)
    while asking.recv(65536): pass  # it has an end: nobody else keeps it
    server.close()
    try:
        socket.create_connection(("127.0.0.1", server.port))
    except ConnectionRefusedError:
        pass
    else:
        raise AssertionError("the child has the port")
    os.close(other_end)
    assert os.waitpid(child, 0)[1] == 0
    """
    )
