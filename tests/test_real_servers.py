"""Servers and services, unmodified: under `ironthread run` their clients see what they see under python."""

from __future__ import annotations

import re
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from real_clients import Chatter, chatters, fingerprint, request, together
from side_by_side import PROGRAMS, Running, compare

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


def log_lines(text: str) -> list[str]:
    """What a server logged: in whatever order, at whatever time and port."""
    text = re.sub(r"\[\d+[/-]\w+[/-]\d+ [\d:,]+\]", "[then]", text)
    return sorted(re.sub(r"(127\.0\.0\.1:|port )\d+", r"\1port", text).splitlines())


def test_the_http_server_of_the_standard_library_under_concurrent_clients(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    for number in range(8):
        (site / f"{number}.txt").write_bytes(b"%d" % number * 10 ** (number % 7))

    def visit(port: int, client: int) -> list[object]:
        paths = [f"/{(client + step) % 9}.txt" for step in range(9)]  # the last does not exist
        return [(path, *fingerprint(request(port, path))) for path in [*paths, "/sub/", "/sub"]]

    def drive(server: Running) -> object:
        port = int(server.wait_for(r"Serving HTTP on 127\.0\.0\.1 port (\d+)"))
        # Not more than the server lets wait to be accepted: the others would try again after a second.
        seen = together(5, partial(visit, port))
        server.interrupt()
        return seen

    arguments = ["0", "--bind", "127.0.0.1", "--directory", str(site)]
    compared = compare(
        tmp_path,
        *("-m", "http.server", *arguments),
        drive=drive,
        tidy=log_lines,
        threads={r"Thread-\d+ \(process_request_thread\)": 5 * 11},
    )
    assert "Keyboard interrupt received, exiting." in compared.plain.out
    statuses = [answer[1] for answer in compared.plain.seen]
    assert [statuses.count(status) for status in (200, 301, 404)] == [5 * 9, 5, 5]


def test_flasks_development_server_under_load_until_ctrl_c(tmp_path: Path) -> None:
    def visit(port: int, client: int) -> list[object]:
        me = f"visitor-{client}"
        seen: list[object] = [request(port, f"/meet?from={client}", me)]
        for step in range(6):
            seen.append(request(port, "/visit", me))
            seen.append(request(port, "/stream", me, body=[f"{step}.{word}" for word in range(20)]))
        return [*seen, request(port, "/fail", me)[0], request(port, "/nowhere", me)[0]]

    def drive(server: Running) -> object:
        port = int(server.wait_for(r"Running on http://127\.0\.0\.1:(\d+)"))
        seen = together(8, partial(visit, port))
        seen.append(request(port, "/total", "the owner"))
        server.interrupt()
        return seen

    compared = compare(
        tmp_path,
        *("-m", "flask", "--app", str(PROGRAMS / "flask_app.py"), "run", "--port", "0"),
        drive=drive,
        tidy=log_lines,
        threads={r"Thread-\d+ \(process_request_thread\)": 8 * 15 + 1},
    )
    assert compared.plain.seen[-1] == (200, b'{"total":48,"visitors":8}\n')
    assert compared.plain.err.count("LookupError: nothing for visitor-") == 8
    waits = {wait["kind"] for wait in compared.report["waits"]}
    assert "Barrier" in waits  # where four requests met


def test_djangos_development_server_under_load_until_ctrl_c(tmp_path: Path) -> None:
    def visit(port: int, client: int) -> list[object]:
        me = f"visitor-{client}"
        seen: list[object] = [request(port, f"/meet/?from={client}", me)]
        for step in range(4):
            seen.append(request(port, "/visit/", me))
            seen.append(request(port, f"/stream/{10 * step}/", me))
            seen.append(request(port, "/nap/", me))
        return [*seen, request(port, "/fail/", me)[0], request(port, "/nowhere/", me)[0]]

    def drive(server: Running) -> object:
        port = int(server.wait_for(r"server at http://127\.0\.0\.1:(\d+)"))
        seen = together(8, partial(visit, port))
        seen.append(request(port, "/total/", "the owner"))
        server.interrupt()
        return seen

    def tidy(text: str) -> list[str]:
        text = re.sub(r"\w+ \d+, \d+ - [\d:]+", "then", text)
        return log_lines(re.sub(r'" (404|500) \d+', r'" \1 page', text))  # it shows the environment

    # The reloader would start python and not `ironthread run` for what serves.
    arguments = ["runserver", "127.0.0.1:0", "--noreload"]
    compared = compare(
        tmp_path,
        *(str(PROGRAMS / "django_site.py"), *arguments),
        drive=drive,
        tidy=tidy,
        threads={r"Thread-\d+ \(process_request_thread\)": 8 * 15 + 1},
    )
    assert compared.plain.seen[-1] == (200, b'{"total": 32, "visitors": 8}')
    assert compared.plain.err.count("LookupError: nothing for visitor-") == 8
    waits = {wait["kind"] for wait in compared.report["waits"]}
    assert "Barrier" in waits  # where four requests met


def test_a_chat_tells_every_client_the_same_until_sigterm(tmp_path: Path) -> None:
    names = [f"client{number}" for number in range(5)]
    lines = 40

    def talk(chatter: Chatter) -> list[str]:
        for number in range(lines):
            chatter.say(f"line {number}")
        heard: list[str] = []
        while sum(": line" in line for line in heard) < lines * len(names):
            heard.append(chatter.hear())
        return heard

    def drive(server: Running) -> object:
        port = int(server.wait_for(r"port (\d+)"))
        with chatters(port, names) as crowd:
            double = Chatter(port, names[0])
            assert double.hear() == "* that name is taken"
            double.leave()
            for chatter in crowd[:-1]:
                chatter.hear_until(f"* {names[-1]} is here")
            said = together(len(crowd), lambda number: [talk(crowd[number])])
            assert all(heard == said[0] for heard in said)
            crowd[1].say("/quit")
            remaining = [crowd[0], *crowd[2:]]
            left = [chatter.hear_until(f"* {names[1]} left") for chatter in remaining]
            server.send(signal.SIGTERM)
            goodbyes = [chatter.hear_until("* goodbye") for chatter in remaining]
        return sorted(said[0]), in_order(said[0]), left, goodbyes

    def in_order(heard: list[str]) -> bool:
        return all(
            [line for line in heard if line.startswith(f"{name}:")]
            == [f"{name}: line {number}" for number in range(lines)]
            for name in names
        )

    compared = compare(
        tmp_path,
        str(PROGRAMS / "chat_server.py"),
        drive=drive,
        tidy=log_lines,
        threads={"serving": 1, r"chat client\d": len(names) + 1},
    )
    assert compared.plain.out.endswith(f"lines said: {lines * len(names)}\n")
    assert compared.plain.seen[1]


@pytest.mark.parametrize(("way", "status"), [("drain", 0), ("exit", 143)])
def test_workers_end_gracefully_on_sigterm(tmp_path: Path, way: str, status: int) -> None:
    jobs = 3000

    def drive(service: Running) -> None:
        service.wait_for("ready")
        service.write("".join(f"{number}\n" for number in range(jobs)))
        service.wait_for("done 100")
        service.send(signal.SIGUSR1)
        service.wait_for("under way: True")
        service.send(signal.SIGTERM)

    compared = compare(
        tmp_path,
        *(str(PROGRAMS / "job_service.py"), way),
        status=status,
        drive=drive,
        tidy=lambda text: sorted(text.splitlines()),
        threads={r"worker-\d": 4, "feeder": 1},
    )
    assert compared.plain.out.endswith(f"sum {sum(n * n for n in range(jobs))} of {jobs}\n")
