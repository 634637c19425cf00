"""`_core.timeline_snapshot()`: when threads waited, for what and for whom."""

from __future__ import annotations

import pytest
from ironthread import _core
from programs import run_program


def test_a_snapshot_tells_of_every_thread_in_seconds_since_the_recording_began() -> None:
    run_program(
        """
        import threading
        from ironthread import _core, install, state
        install()
        _core.watch_start()
        _core.timeline_start(1000)
        lock = threading.Lock()
        with lock:
            thread = threading.Thread(target=lambda: lock.acquire())
            thread.start()
            while state(thread).waits_for != "Lock":
                pass
            going_on = _core.timeline_snapshot()
        thread.join()
        # Whether the start and the join found something to wait for is chance; these two do.
        main = threading.current_thread()
        def let_go(event):
            while state(main).waits_for != "Event":
                pass
            event.set()
        events = [threading.Event() for _ in range(2)]
        for event in events:
            threading.Thread(target=let_go, args=[event]).start()
            event.wait()
        timeline, watched = _core.timeline_snapshot(), _core.watch_snapshot()
        rows = {row["id"]: row for row in watched["threads"]}
        assert set(timeline) == {"resolution", "omitted", "threads"}
        assert (timeline["resolution"], timeline["omitted"]) == (0.0, 0)
        assert set(timeline["threads"]) == set(rows)
        (own,) = (number for number, row in rows.items() if row["ident"] == threading.get_ident())
        (other,) = going_on["threads"].keys() - {own}
        (before,) = going_on["threads"][other]["intervals"]
        (after,) = timeline["threads"][other]["intervals"]
        begin, end, gil, kind, origin, holder = after
        assert rows[other]["started"] <= begin <= before[1] <= end <= watched["elapsed"]
        assert (begin, kind, holder) == (before[0], "Lock", own) and before[3:] == after[3:]
        assert origin == (__file__, 7), origin
        assert 0 <= gil <= end - begin
        waited = rows[other]["waited"]["Lock"]
        assert abs(waited["total"] - (end - begin)) < 1e-6
        assert abs(waited["gil"] - gil) < 1e-6
        assert timeline["threads"][other]["omitted"] == 0
        assert timeline["threads"][other]["omitted_seconds"] == 0.0
        waits = timeline["threads"][own]["intervals"]
        assert [each[4] for each in waits].count((__file__, 21)) == 2, waits
        begins = [each[0] for each in waits]
        assert begins == sorted(begins)
        """
    )


def test_beyond_the_limit_waits_are_counted_and_their_time_is_kept() -> None:
    run_program(
        """
        from ironthread import Event, _core
        _core.watch_start()
        _core.timeline_start(limit=3)
        event = Event()
        for turn in range(40):
            event.wait(1e-5 * 2 ** (turn % 8))
        timeline, watched = _core.timeline_snapshot(), _core.watch_snapshot()
        (line,) = timeline["threads"].values()
        (row,) = watched["threads"]
        assert len(line["intervals"]) <= 3
        assert timeline["resolution"] > 0
        assert all(end - begin >= timeline["resolution"] - 1e-9 for begin, end, *_ in line["intervals"])
        assert timeline["omitted"] == line["omitted"] == 40 - len(line["intervals"])
        total = sum(end - begin for begin, end, *_ in line["intervals"]) + line["omitted_seconds"]
        assert abs(total - row["waited"]["Event"]["total"]) < 1e-6
        """
    )


def test_after_the_stop_what_was_kept_stays_and_nothing_is_added() -> None:
    run_program(
        """
        from ironthread import Event, _core
        _core.watch_start()
        _core.timeline_start()
        Event().wait(0.001)
        _core.timeline_stop()
        Event().wait(0.001)
        (line,) = _core.timeline_snapshot()["threads"].values()
        assert len(line["intervals"]) == 1
        _core.timeline_start()
        (line,) = _core.timeline_snapshot()["threads"].values()
        assert line["intervals"] == []
        """
    )


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_has_to_be_positive(limit: int) -> None:
    with pytest.raises(ValueError, match="limit must be positive"):
        _core.timeline_start(limit)
