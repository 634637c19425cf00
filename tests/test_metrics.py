"""What a watched program did with its locks, queues and pools, held against its own counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ironthread import _core
from programs import run_program
from report_facts import assert_report
from test_report_on_programs import line_of, report_on, thread_called, wait_on


def made_at(rows: list[dict[str, Any]], line: int, **facts: object) -> dict[str, Any]:
    """The only row for what a line made."""
    (found,) = (
        row
        for row in rows
        if row["origin"]
        and row["origin"]["line"] == line
        and all(row[key] == value for key, value in facts.items())
    )
    return found


def counted(tmp_path: Path) -> dict[str, Any]:
    """What the program has counted itself."""
    counts: dict[str, Any] = json.loads((tmp_path / "counts.json").read_text(encoding="utf-8"))
    return counts


LOCKS = """
    import json, threading, time
    lock = threading.Lock()  # lock
    rlock = threading.RLock()  # rlock
    slots = threading.Semaphore(2)  # slots
    condition = threading.Condition()  # condition
    counts = {"lock": 0, "rlock": 0, "slots": 0, "condition": 0}
    guard = threading.Lock()
    def work(number):
        own = dict.fromkeys(counts, 0)
        for turn in range(3000 + number):
            with lock:
                own["lock"] += 1
            own["lock"] += lock.acquire(blocking=False) and (lock.release() or 1)
            if lock.acquire(timeout=0.0001):
                own["lock"] += 1
                lock.release()
            with rlock:
                own["rlock"] += 1
                with rlock:  # within: not an acquisition of its own
                    pass
            with slots:
                own["slots"] += 1
            if turn % 10 == 0:
                with condition:
                    own["condition"] += 1
                    condition.notify()
        with guard:
            for key, count in own.items():
                counts[key] += count
    def wait():
        with condition:
            counts["condition"] += 1
            condition.wait(0.05)
    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in [*threads, threading.Thread(target=wait)]: thread.start()
    for thread in threads: thread.join()
    json.dump(counts, open("counts.json", "w"))
"""


def test_acquisitions_are_those_that_the_program_counted(tmp_path: Path) -> None:
    report = report_on(tmp_path, LOCKS)
    assert_report(report, ["app.py"], {"Thread-.*": 7})
    kinds = {"lock": "Lock", "rlock": "RLock", "slots": "Semaphore", "condition": "RLock"}
    for name, count in counted(tmp_path).items():
        row = made_at(report["locks"], line_of(LOCKS, f"# {name}"), kind=kinds[name])
        assert row["acquired"] == count, name
        assert row["contended"] <= count
        if kinds[name] != "Semaphore":
            assert 0 < row["held"]["samples"] < count / 10
            assert 0 < row["held"]["p50"] <= row["held"]["p99"] <= row["held"]["longest"]


HELD = """
    import threading, time
    lock = threading.{kind}()  # here
    def hold():
        for _ in range(3):
            with lock:
                taken.set()
                asked.wait()
                time.sleep(0.1)
            done.wait()
    def want():
        for _ in range(3):
            taken.wait(); taken.clear(); done.clear(); asked.set()
            with lock: pass
            asked.clear(); done.set()
    taken, asked, done = threading.Event(), threading.Event(), threading.Event()
    threads = [threading.Thread(target=each, name=each.__name__) for each in (hold, want)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_who_held_a_lock_and_for_how_long_is_told(tmp_path: Path, kind: str) -> None:
    code = HELD.format(kind=kind)
    report = report_on(tmp_path, code)
    row = made_at(report["locks"], line_of(code, "# here"), kind=kind)
    assert (row["acquired"], row["contended"]) == (6, 3)
    assert row["held"]["samples"] == 6
    assert 0.3 < row["held"]["total"] < 2
    assert 0.1 <= row["held"]["p95"] <= row["held"]["longest"] < 1
    (blocker,) = row["blockers"]
    assert (blocker["name"], blocker["waits"]) == ("hold", 3)
    wait = wait_on(report, kind, line_of(code, "# here"))
    assert 0.2 < blocker["total"] <= wait["total"] * 1.1
    assert wait["occupied"] == pytest.approx(wait["total"], rel=0.1)


QUEUES = """
    import queue, threading
    class Own(queue.Queue):
        def _init(self, maxsize): self.store = []
        def _qsize(self): return len(self.store)
        def _put(self, item): self.store.append(item)
        def _get(self): return self.store.pop()
    queues = {
        "fifo": queue.Queue(),  # fifo
        "lifo": queue.LifoQueue(7),  # lifo
        "priority": queue.PriorityQueue(),  # priority
        "simple": queue.SimpleQueue(),  # simple
        "open": queue.Queue(5),  # open
        "own": Own(),  # own
    }
    queues["open"].mutex
    def put(count):
        for number in range(count):
            for each in queues.values():
                each.put(number)
    def get(count):
        for _ in range(count):
            for each in queues.values():
                each.get()
    producers = [(put, 500), (put, 700), (put, 300)]
    consumers = [(get, 900), (get, 600)]
    threads = [threading.Thread(target=step, args=[n]) for step, n in [*producers, *consumers]]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    for _ in range(3):
        try: queues["fifo"].get_nowait()
        except queue.Empty: pass
"""


def test_puts_and_gets_are_those_of_the_program(tmp_path: Path) -> None:
    report = report_on(tmp_path, QUEUES)
    for name in ("fifo", "lifo", "priority", "simple", "open", "own"):
        row = made_at(report["queues"], line_of(QUEUES, f"# {name}"))
        assert (row["puts"], row["gets"]) == (1500, 1500), name
        assert 0 < row["typical"] <= row["deepest"] <= 1500, name
    assert made_at(report["queues"], line_of(QUEUES, "# lifo"))["deepest"] <= 7
    assert made_at(report["queues"], line_of(QUEUES, "# open"))["deepest"] <= 5


def test_how_deep_a_queue_was_and_how_long_it_starved_or_held_back(tmp_path: Path) -> None:
    code = """
        import queue, threading, time
        deep = queue.Queue()  # deep
        for number in range(1000): deep.put(number)
        for number in range(1000): deep.get()
        shared = queue.Queue(1)  # shared
        def get():
            shared.get()
        threads = [threading.Thread(target=get) for _ in range(3)]
        for thread in threads: thread.start()
        time.sleep(0.3)
        for _ in threads: shared.put(1)
        for thread in threads: thread.join()
        shared.put(1)
        threads = [threading.Thread(target=shared.put, args=[1]) for _ in range(3)]
        for thread in threads: thread.start()
        time.sleep(0.2)
        for _ in range(4): shared.get()
    """
    report = report_on(tmp_path, code)
    deep = made_at(report["queues"], line_of(code, "# deep"))
    assert deep["deepest"] == 1000
    assert 400 < deep["typical"] < 600
    assert (deep["full"], deep["empty"]) == (0, 0)
    shared = made_at(report["queues"], line_of(code, "# shared"))
    assert (shared["puts"], shared["gets"]) == (7, 7)
    # Three threads waited, and the queue was empty, or full, once.
    assert 0.25 < shared["empty"] < 0.6
    assert 0.15 < shared["full"] < 0.5
    assert wait_on(report, "Queue.get", line_of(code, "# shared"))["total"] > 0.75


POOLS = """
    import json, threading, time
    from queue import Full
    from concurrent.futures import ThreadPoolExecutor
    from ironthread import ThreadPoolExecutor as Bounded, WorkStealingExecutor
    def call(number):
        if number % 7 == 0: raise ValueError(number)
        return number
    counts = {}
    def run(pool, name, calls):
        with pool:
            futures = [pool.submit(call, number) for number in range(calls)]
            failed = sum(future.exception() is not None for future in futures)
        counts[name] = [calls, failed]
    run(ThreadPoolExecutor(3, thread_name_prefix="plain"), "plain", 1000)  # plain
    run(Bounded(2, "bounded", max_queue=5), "bounded", 500)  # bounded
    run(Bounded(2, "caller", max_queue=1, when_full="run"), "caller", 500)  # caller
    run(WorkStealingExecutor(2, "stealing"), "stealing", 700)  # stealing
    json.dump(counts, open("counts.json", "w"))
"""


def test_calls_and_errors_of_pools_are_those_of_the_program(tmp_path: Path) -> None:
    report = report_on(tmp_path, POOLS)
    for name, (calls, failed) in counted(tmp_path).items():
        row = made_at(report["pools"], line_of(POOLS, f"# {name}"), name=name)
        assert (row["submitted"], row["ended"], row["failed"]) == (calls, calls, failed), name
        assert row["queued"]["count"] == row["ran"]["count"] == calls
        assert (row["pools"], row["cancelled"]) == (1, 0)
        assert 0 < row["utilisation"] <= 1, name
        assert row["per_second"] > 0
    assert made_at(report["pools"], line_of(POOLS, "# bounded"))["depth"]["deepest"] <= 7


def test_how_long_calls_waited_and_ran_and_when_all_workers_were_busy(tmp_path: Path) -> None:
    code = """
        import threading, time
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2, "slow") as pool:  # here
            for _ in range(10): pool.submit(time.sleep, 0.05)
            late = [pool.submit(int) for _ in range(5)]
            for future in late[:3]: future.cancel()
        time.sleep(0.2)
    """
    report = report_on(tmp_path, code)
    row = made_at(report["pools"], line_of(code, "# here"))
    assert (row["workers"], row["submitted"], row["ended"], row["cancelled"]) == (2, 15, 12, 3)
    assert 0.05 <= row["ran"]["p50"] <= row["ran"]["p95"] <= row["ran"]["longest"] < 0.2
    assert 0.2 <= row["queued"]["longest"] < 1
    assert row["depth"]["deepest"] in range(11, 16)
    saturated = row["saturated"]
    assert 0.15 < saturated["longest"] <= saturated["total"] < 1
    assert 8 <= saturated["waiting"] <= 15
    assert row["utilisation"] > 0.6


def test_calls_made_by_workers_that_wait_keep_one_worker_busy(tmp_path: Path) -> None:
    code = """
        from ironthread import WorkStealingExecutor
        def total(numbers):
            if len(numbers) <= 10: return sum(numbers)
            half = len(numbers) // 2
            upper = pool.submit(total, numbers[half:])
            return total(numbers[:half]) + upper.result()
        with WorkStealingExecutor(1) as pool:  # here
            assert pool.submit(total, range(1000)).result() == 499500
    """
    row = made_at(report_on(tmp_path, code)["pools"], line_of(code, "# here"))
    assert row["ended"] == row["submitted"] == 128
    assert row["utilisation"] <= 1.001


def test_a_threads_time_is_split_into_what_it_went_to(tmp_path: Path) -> None:
    code = """
        import queue, threading, time
        lock, items = threading.Lock(), queue.Queue()
        def busy():
            while time.thread_time() < 0.2: pass
        def locked():
            with lock: pass
        def starved(): items.get()
        def joining(): threads["locked"].join()
        def elsewhere(): time.sleep(0.2)
        threads = {
            each.__name__: threading.Thread(target=each, name=each.__name__)
            for each in (busy, locked, starved, joining, elsewhere)
        }
        lock.acquire()
        for thread in threads.values(): thread.start()
        time.sleep(0.2)
        lock.release()
        items.put(1)
        for thread in threads.values(): thread.join()
    """
    report = report_on(tmp_path, code)
    parts = {"busy": "running", "locked": "locks", "starved": "queues", "joining": "joins"}
    for name, part in (parts | {"elsewhere": "elsewhere"}).items():
        time = thread_called(report, name)["time"]
        lived = thread_called(report, name)
        assert time[part] > 0.15, (name, time)
        others = {"locks", "queues", "joins"} - {part}
        assert all(time[other] < 0.05 for other in others), (name, time)
        assert sum(time.values()) == pytest.approx(lived["ended"] - lived["started"], abs=0.02)


@pytest.mark.skipif(not getattr(__import__("sys"), "_is_gil_enabled", lambda: True)(), reason="GIL")
def test_how_long_a_woken_thread_waits_for_the_gil_is_told(tmp_path: Path) -> None:
    code = """
        import sys, threading
        sys.setswitchinterval(0.02)
        gate, is_busy, is_over = threading.Semaphore(0), False, False
        def busy():
            global is_busy
            is_busy = True
            while not is_over: pass
        def woken():
            global is_over
            while not is_busy: gate.acquire(timeout=0.001)
            for _ in range(10): gate.acquire(timeout=0.001)
            is_over = True
        threads = [threading.Thread(target=each, name=each.__name__) for each in (woken, busy)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """
    woken = thread_called(report_on(tmp_path, code), "woken")
    # By its time limits, so that nobody lets the GIL go for it but the busy thread, when it has to: after 20 ms.
    assert woken["time"]["gil"] > 0.05
    assert woken["time"]["gil"] <= woken["waited"]["Semaphore"]["total"]


def test_nothing_is_recorded_of_a_program_that_is_not_watched() -> None:
    run_program(
        """
        import threading
        import ironthread
        from ironthread import _core
        ironthread.install()
        from concurrent.futures import ThreadPoolExecutor
        import queue
        lock, jobs = threading.Lock(), queue.Queue()
        for number in range(100):
            with lock: jobs.put(number)
        pool = ThreadPoolExecutor(2)
        pool.submit(int).result()
        assert _core.pool_meter("x", 1) is None
        pool.shutdown()
        snapshot = _core.watch_snapshot()
        assert [snapshot[key] for key in ("waits", "locks", "queues", "pools")] == [[]] * 4
        """
    )


def test_a_recording_begins_with_nothing_and_forgets_no_lock() -> None:
    run_program(
        """
        import threading
        from ironthread import Lock, Queue, ThreadPoolExecutor, _core
        _core.watch_start()
        lock, items = Lock(), Queue()
        pool = ThreadPoolExecutor(1)
        for number in range(100):
            with lock: items.put(number)
        pool.submit(int).result()
        held = Lock()
        held.acquire()
        _core.watch_start()
        empty = _core.watch_snapshot()
        assert [empty[key] for key in ("waits", "locks", "queues", "pools")] == [[]] * 4, empty
        with lock: items.get()
        held.release()
        pool.submit(int).result()
        pool.shutdown()
        snapshot = _core.watch_snapshot()
        assert [row["gets"] for row in snapshot["queues"] if row["gets"] == 1]
        assert 1 in [row["acquired"] for row in snapshot["locks"]]
        assert not snapshot["pools"]
        """
    )


def test_memory_does_not_grow_with_operations_objects_or_pools() -> None:
    run_program(
        """
        import resource, threading
        from ironthread import Lock, Queue, RLock, ThreadPoolExecutor, _core
        _core.watch_start()
        def turn(number):
            for _ in range(300):
                lock, items = Lock(), Queue()
                with lock: items.put(number)
                items.get()
            held = RLock()
            held.acquire()  # goes while it is held
            for _ in range(2000):
                with shared: common.put(1); common.get()
            with ThreadPoolExecutor(1, f"pool{number}") as pool:
                pool.submit(int).result()
        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        shared, common = Lock(), Queue()
        def live(): pass
        def live_and_end():
            threads = [threading.Thread(target=live) for _ in range(50)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        for number in range(400): turn(number)
        for _ in range(80): live_and_end()
        before = resident()
        for number in range(400): turn(number)
        for _ in range(80): live_and_end()
        grown = resident() - before
        # Of 4,400 threads and a quarter of a million objects more; 2,000 to 2,500 threads are kept.
        assert grown < 1_500_000, grown
        pools = _core.watch_snapshot()["pools"]
        assert len(pools) <= 100
        assert sum(row["submitted"] for row in pools) == 800
        """,
        limit=60,
    )


def test_threads_without_end_are_summed_up(tmp_path: Path) -> None:
    code = """
        import threading
        lock = threading.Lock()
        def work():
            with lock: meeting.wait(0.5)
        def live():
            threads = [threading.Thread(target=int) for _ in range(7)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        meeting = threading.Barrier(11)
        first = [threading.Thread(target=meeting.wait) for _ in range(11)]
        for thread in first: thread.start()
        for thread in first: thread.join()
        for _ in range(500): live()
    """
    report = report_on(tmp_path, code)
    threads = report["threads"]
    assert threads["started"] == 11 + 3500
    assert len(threads["list"]) - 1 + threads["others"]["count"] == 11 + 3500
    assert 1000 <= threads["others"]["count"] <= 1511
    assert 12 <= threads["peak"] <= 13
    barrier = threads["others"]["waited"]["Barrier"]
    assert barrier["count"] == sum(w["count"] for w in report["waits"] if w["kind"] == "Barrier")


def test_a_child_that_is_forked_while_others_count_can_go_on() -> None:
    run_program(
        """
        import os, threading
        from ironthread import Lock, Queue, ThreadPoolExecutor, _core
        _core.watch_start()
        lock, items, over = Lock(), Queue(), threading.Event()
        def work():
            while not over.is_set():
                own = Lock()
                with own: items.put(1)
                items.get()
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads: thread.start()
        for _ in range(30):
            child = os.fork()
            if child == 0:
                own = Lock()
                for _ in range(200):
                    with own: pass
                _core.watch_snapshot()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        over.set()
        for thread in threads: thread.join()
        """,
        limit=60,
    )


def test_the_meter_of_a_pool_is_no_longer_there_when_nobody_watches() -> None:
    assert _core.pool_meter("unwatched", 3) is None


def test_a_wait_in_which_signals_are_looked_for_has_one_cause(tmp_path: Path) -> None:
    # The main thread looks for signals after 10 ms, and again and again.
    code = """
        import threading, time
        lock = threading.Lock()  # lock
        wanted, held = threading.Semaphore(0), threading.Semaphore(0)
        def hold():
            for _ in range(20):
                wanted.acquire()
                with lock:
                    held.release()
                    time.sleep(0.02)
        holder = threading.Thread(target=hold)
        holder.start()
        for _ in range(20):
            wanted.release()
            held.acquire()
            with lock: pass
        holder.join()
    """
    report = report_on(tmp_path, code)
    line = line_of(code, "# lock")
    lock, wait = made_at(report["locks"], line), made_at(report["waits"], line)
    counts = {sum(blocker["waits"] for blocker in lock["blockers"]), wait["count"]}
    assert counts == {lock["contended"]}
