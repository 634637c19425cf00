"""What README and docs/ show runs, and does what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import ironthread
import pytest
from ahead import cases, started
from documentation import ROOT, blocks, pages
from page_run import is_shown, run_page

LANGUAGES = {"console", "json", "python", "rust", "sh", "text", "toml", "yaml"}

# How many blocks of a page are not run. Each says why, in front of it.
NOT_RUN = {
    "README.md": 1,
    "docs/diagnosis.md": 1,
    "docs/metrics.md": 2,
    "docs/tutorial.md": 1,
}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def problems(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Path, Future[list[str]]]]:
    """What does not hold of each page that this run asks for."""
    asked = [case["page"] for case in cases(request, test_the_code_of_a_page_runs)]
    rooms = {page: tmp_path_factory.mktemp("page") for page in asked}
    with started(lambda page: run_page(page, rooms[page]), asked) as futures:
        yield futures


@pytest.mark.parametrize("page", pages(), ids=name)
def test_the_code_of_a_page_runs(page: Path, problems: dict[Path, Future[list[str]]]) -> None:
    found = problems[page].result()

    assert found == [], "\n".join(found)


def test_what_is_not_run_is_counted() -> None:
    found = {
        name(page): count
        for page in pages()
        if (count := sum(bool(block.not_run) for block in blocks(page.read_text("utf-8"))))
    }

    assert found == NOT_RUN


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_block_says_its_language(page: Path) -> None:
    found = blocks(page.read_text(encoding="utf-8"))

    assert {block.language for block in found} <= LANGUAGES


def test_rust_is_in_the_readme_alone_which_is_a_doctest_of_the_crate() -> None:
    with_rust = [
        page
        for page in pages()
        if any(block.language == "rust" for block in blocks(page.read_text("utf-8")))
    ]

    assert with_rust == [ROOT / "README.md"]
    assert 'include_str!("../../../README.md")' in (ROOT / "crates/core/src/lib.rs").read_text(
        "utf-8"
    )


def run(directory: Path, text: str) -> list[str]:
    page = directory / "page.md"
    page.write_text(text, encoding="utf-8")
    room = directory / "room"
    room.mkdir()
    return run_page(page, room)


def test_a_page_that_holds_has_no_problems(tmp_path: Path) -> None:
    text = """
    ```python
    # said.py
    print("hello, 0.12 s")
    ```

    <!-- python
    number = 20
    -->

    ```python
    number += 1
    ```

    ```python
    assert number == 21, "blocks of a page are one program"
    ```

    ```console
    $ python said.py
    hello, 3 ms
    $ python -c 'raise SystemExit(3)'
    $ echo $?
    3
    ```
    """
    assert run(tmp_path, text.replace("\n    ", "\n")) == []


def test_a_page_whose_program_fails_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = run(
        tmp_path, "```python\nfine = 1\n```\n\ntext\n\n```python\nfine.not_there\n```\n"
    )

    assert "status 1" in problem
    assert 'page_page.py", line 8' in problem


@pytest.mark.parametrize(
    ("session", "complaint"),
    [
        ("$ false", "ends with status 1"),
        ("$ echo one\ntwo", "prints"),
        ("$ ironthread run missing.py", "ends with status 2"),
        ("no command", "begins with a command"),
        ("$ exit 0\n$ true", "does not come to its end"),
    ],
)
def test_a_page_whose_session_fails_is_told(tmp_path: Path, session: str, complaint: str) -> None:
    (problem,) = run(tmp_path, f"```console\n{session}\n```\n")

    assert complaint in problem


def test_a_block_without_an_end_and_one_of_broken_data_are_told(tmp_path: Path) -> None:
    (problem,) = run(tmp_path, "```python\n1 + 1\n")
    assert "has no end" in problem

    broken = tmp_path / "second"
    broken.mkdir()
    (problem,) = run(broken, "```json\n{]\n```\n")
    assert "line 2" in problem


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("waited 7.90 s for 3 threads", "waited 12 ms for 3 threads", True),
        ("waited 7.90 s for 3 threads", "waited 12 ms for 4 threads", False),
        ("a …\n…\nz", "a b\nc\nd\nz", True),
        ("a …\n…\nz", "a b\nc\nd", False),
        ("── title ───", "── title ─────────", True),
        ("a", "a\nb", False),
    ],
)
def test_output_is_what_a_page_shows(expected: str, printed: str, same: bool) -> None:
    assert is_shown(expected.splitlines(), printed.splitlines()) is same


def test_paragraphs_may_come_in_any_order() -> None:
    expected = ["a", "b", "", "c"]

    assert is_shown(expected, ["c", "", "a", "b"], in_any_order=True)
    assert not is_shown(expected, ["c", "", "a"], in_any_order=True)
    assert not is_shown(expected, ["c", "", "a", "b", "", "d"], in_any_order=True)


def test_links_between_pages_lead_somewhere() -> None:
    lost = [
        f"{name(page)}: {target}"
        for page in pages()
        for target in re.findall(
            r"\]\(([^)#\s]+)(?:#[^)]*)?\)",
            re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8")),
        )
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert lost == []


def test_every_public_name_is_in_the_reference() -> None:
    reference = "".join(page.read_text("utf-8") for page in (ROOT / "docs/reference").glob("*.md"))
    modules = {"aio", "diagnosis", "export", "logs", "metrics", "queue", "testing", "threading"}
    standard = {"BrokenBarrierError", "Empty", "Full"}
    missing = {
        public
        for public in set(ironthread.__all__) - modules - standard
        if not re.search(rf":: ironthread\.(\w+\.)?{public}\b", reference)
    } | {module for module in modules if f"`ironthread.{module}`" not in reference}

    # By `automodule`.
    assert missing == {"serve_metrics"}
