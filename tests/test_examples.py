"""The examples run to their closing line, on the standard library and on ironthread alike."""

from __future__ import annotations

import ast
import importlib
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import pytest
from ahead import cases, started
from ironthread import RateLimit, WorkStealingExecutor

DIRECTORY = Path(__file__).resolve().parent.parent / "examples"
STANDARD = sorted(DIRECTORY.glob("*.py"))
BEYOND = sorted(DIRECTORY.glob("beyond/*.py"))
EXAMPLES = STANDARD + BEYOND
RUN = ["-m", "ironthread", "run"]
DETECTION = ["--deadlock=raise", "--lock-order", "--on-deadlock=abort", "--listen"]
JSON = ["--report", "json", "--report-file", "../report.json"]
LAUNCHERS = {
    "plain": [],
    "ironthread": [*RUN, "--report", "none"],
    "detection": [*RUN, *DETECTION, *JSON],
}
TIMEOUT_SECONDS = 60.0

Case = tuple[Path, str]
"""An example, and how it is launched."""


def run(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; should it hang, fail with the stacks of all of its threads."""
    environment = os.environ | {
        "PYTHONFAULTHANDLER": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONUTF8": "1",
    }
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            output, errors = end(process)
            pytest.fail(f"{command} hangs\n{output}\n{errors}")
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Have faulthandler write the stacks while the process dies, where that can be had."""
    if os.name == "posix":
        process.send_signal(signal.SIGABRT)
        try:
            return process.communicate(timeout=5.0)
        except subprocess.TimeoutExpired:
            pass
    process.kill()
    return process.communicate()


@dataclass(frozen=True)
class Ended:
    """What became of an example, which ran in a directory of its own."""

    process: subprocess.CompletedProcess[str]
    left: list[Path]
    report: Path


@pytest.fixture(scope="module")
def ended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Case, Future[Ended]]]:
    """The examples that this run asks for, as they end."""
    closing = cases(request, test_an_example_runs_to_its_closing_line)
    every = [(case["example"], case["launcher"]) for case in closing]
    detected = cases(request, test_nothing_is_told_of_an_example_with_all_detection_on)
    every += [(case["example"], "detection") for case in detected]
    rooms = {case: tmp_path_factory.mktemp("example") / "room" for case in every}

    def work(case: Case) -> Ended:
        example, launcher = case
        room = rooms[case]
        room.mkdir()
        process = run([sys.executable, *LAUNCHERS[launcher], str(example)], room)
        return Ended(process, list(room.iterdir()), room.parent / "report.json")

    with started(work, every) as futures:
        yield futures


@pytest.mark.parametrize("launcher", ["plain", "ironthread"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_to_its_closing_line(
    example: Path, launcher: str, ended: dict[Case, Future[Ended]]
) -> None:
    one = ended[example, launcher].result()

    assert one.process.returncode == 0, one.process.stdout + one.process.stderr
    assert one.process.stdout.splitlines()[-1].startswith(f"{example.stem}: OK, ")
    assert one.process.stderr == ""
    assert one.left == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_nothing_is_told_of_an_example_with_all_detection_on(
    example: Path, ended: dict[Case, Future[Ended]]
) -> None:
    one = ended[example, "detection"].result()

    assert (one.process.returncode, one.process.stderr) == (0, ""), one.process.stdout
    assert json.loads(one.report.read_text(encoding="utf-8"))["told"] == []


def test_there_are_examples_of_both_kinds() -> None:
    assert STANDARD
    assert BEYOND


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_imports_nothing_but_the_standard_library_and_ours(example: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")

    ours = {"ironthread"} if example in BEYOND else set()
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names | ours


@pytest.mark.parametrize("examples", [STANDARD, BEYOND], ids=["standard", "beyond"])
def test_the_readme_lists_every_example(examples: list[Path]) -> None:
    text = (examples[0].parent / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in examples if f"[{path.name}]({path.name})" not in text] == []


def test_every_example_stands_beside_a_topic() -> None:
    text = (DIRECTORY.parent / "docs/topics.md").read_text(encoding="utf-8")
    names = [path.relative_to(DIRECTORY).as_posix() for path in EXAMPLES]

    assert [name for name in names if f"[{name}](../examples/{name})" not in text] == []


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import an example afresh, and leave no bytecode beside it."""
    (path,) = (path for path in EXAMPLES if path.stem == name)
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


def test_the_web_crawler_notices_a_page_that_was_lost_or_fetched_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = load("web_crawler", monkeypatch)
    site = example.build_site(20, latency=0.0, seed=1)
    with example.serving(site) as server:
        crawler = example.Crawler("127.0.0.1", server.server_port, workers=4, at_once=2)
        crawler.crawl()
    pages = next(worker.fetched for worker in crawler.workers if worker.fetched)
    assert example.verify(site, server, crawler, 2) == []

    lost = pages.pop()
    assert "every page that can be reached is fetched" in example.verify(site, server, crawler, 2)

    pages += [lost, lost]
    assert "no page is fetched twice" in example.verify(site, server, crawler, 2)

    pages[-2:] = [replace(lost, digest="another")]
    assert "the contents have the site's checksum" in example.verify(site, server, crawler, 2)


def test_the_log_enrichment_notices_lines_that_changed_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    example = load("log_enrichment", monkeypatch)
    example.generate_lookups(tmp_path)
    expected = example.generate_logs(tmp_path, lines=50, seed=1)
    pipeline = example.Pipeline(tmp_path, latency=0.0)
    pipeline.run()
    assert example.verify(tmp_path, expected, pipeline) == []

    output = tmp_path / "web-1.out"
    first, second, *rest = output.read_text(encoding="utf-8").splitlines(keepends=True)
    output.write_text("".join([second, first, *rest]), encoding="utf-8")
    assert example.verify(tmp_path, expected, pipeline) == [
        "every good line is written enriched, once, in order"
    ]


def test_the_log_enrichment_ends_when_a_stage_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    example = load("log_enrichment", monkeypatch)
    example.generate_lookups(tmp_path)
    example.generate_logs(tmp_path, lines=500, seed=1)
    (tmp_path / "web-3.out").mkdir()  # the writer cannot open its file
    pipeline = example.Pipeline(tmp_path, latency=0.0)
    pipeline.run()

    (failure,) = pipeline.failures
    assert failure.startswith("write: ")
    assert pipeline.parsed.empty()
    assert pipeline.results.empty()


def test_the_chat_room_notices_messages_that_were_lost_doubled_or_changed_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = load("chat_room", monkeypatch)
    evening = example.spend(talkers=2, messages=20, waves=1)
    assert evening.problems() == []

    (client, *_), room = evening.left, evening.room
    heard = client.heard
    client.heard = example.Messages(heard.count)
    assert evening.problems() == ["what was sent was heard, in order"]

    client.heard = heard
    next(member for member in room.met if member.name == client.name).sent.count += 1
    problems = evening.problems()
    assert "what was sent was heard, in order" in problems
    assert "what was told was sent or discarded" in problems

    heard.count -= 1
    assert "all heard what was said while they were there, and a welcome" in evening.problems()


def test_the_chat_room_owes_nobody_what_was_said_after_they_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = load("chat_room", monkeypatch)
    evening = example.spend(talkers=2, messages=20, waves=1)
    (client, *_), room = evening.vanished, evening.room
    member = next(member for member in room.met if member.name == client.name)

    room.said += 1
    member.said.count += 1
    client.said.count = max(client.said.count, member.said.count)
    assert evening.problems() == []


def test_the_chat_room_closes_when_there_was_too_little_to_hold_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = load("chat_room", monkeypatch)
    evening = example.spend(talkers=1, messages=1, waves=2)
    assert evening.problems() == []
    assert evening.room.times_held_up == 0


def test_the_bank_notices_money_that_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    example = load("bank_account", monkeypatch)
    bank = example.Bank()
    ledgers, audits = example.run(bank)
    assert example.verify(bank, ledgers, audits) == []

    # One that has money: an account below zero would break a third claim.
    max(bank.accounts, key=lambda account: account.balance).balance -= 1
    assert len(example.verify(bank, ledgers, audits)) == 2


def test_the_request_log_notices_a_line_with_the_id_of_another_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    example = load("thread_local_context", monkeypatch)
    lines = example.run(tmp_path / "shop.log")
    assert example.verify(lines) == []

    one = next(index for index, line in enumerate(lines) if line[0] == "request-1")
    lines[one] = ("request-2", *lines[one][1:])
    assert "no line has the ID of another request" in example.verify(lines)


def test_the_directory_hasher_notices_a_changed_byte_and_a_lost_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    example = load("directory_hasher", monkeypatch)
    root = tmp_path / "tree"
    example.plant(root, 3, random.Random(1))
    before = example.Hasher(example.Inline())
    digest = before.digest(root)
    with WorkStealingExecutor(1, thread_name_prefix="hasher") as pool:
        stolen = example.Hasher(pool)
        same = pool.submit(stolen.digest, root).result()
    assert example.verify(root, before, digest, stolen, same) == []

    changed = root / "level-1" / "leaf" / "same"
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    after = example.Hasher(example.Inline())
    assert example.verify(root, after, after.digest(root), stolen, same) == [
        "many threads find the digest that one finds"
    ]
    changed.unlink()
    after = example.Hasher(example.Inline())
    assert len(example.verify(root, after, after.digest(root), stolen, same)) == 2


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_the_service_notices_requests_that_were_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    example = load("asyncio_service", monkeypatch)
    ended = example.run(4, 20, tmp_path)
    assert ended.problems() == []

    client = next(client for client in ended.load.clients if client.answers)
    name, digest = client.answers.popitem()
    assert "every answer reached its client" in ended.problems()

    client.answers[name] = digest
    ended.journal.pop()
    assert ended.problems() == ["the journal has a line for every account"]

    del ended.rows[name]
    assert "what was answered was stored, and nothing else" in ended.problems()


def test_the_polite_crawler_notices_requests_that_come_too_fast(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = load("polite_crawler", monkeypatch)
    with example.serving(example.build_site(3, 10), latency=0.0) as server:
        limit = RateLimit(example.PER_SECOND, burst=example.BURST)
        crawl = example.Crawler("127.0.0.1", server.server_port, 1, limit).run()
        assert example.verify(server, crawl, 1) == []

        for _ in range(2000):  # in much less than the 20 s that they are allowed in
            server.allows("/")
        claims = example.verify(server, crawl, 1)
        assert any("request too many" in claim for claim in claims)
        assert "each is asked for once" in claims

    crawl.pages.popitem()
    assert "every page is fetched" in example.verify(server, crawl, 1)


def test_the_stock_notices_a_piece_that_was_lost_or_made_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = load("stock_under_faults", monkeypatch)
    shop = example.CarefulShop(3)
    example.trade(shop)

    shop.parcels.get()
    with pytest.raises(example.StockError, match="parcel: 1"):
        example.check(shop)

    shop.stock = -2
    with pytest.raises(example.StockError, match="nobody had: 2"):
        example.check(shop)


def test_the_stock_is_told_of_faults_that_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    example = load("stock_under_faults", monkeypatch)
    monkeypatch.setattr(example, "HastyShop", example.CarefulShop)

    assert example.problems(range(10), Counter()) == [
        "wakes_for_nothing shows the mistake",
        "full_for_now shows the mistake",
    ]
