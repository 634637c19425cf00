"""Under `ironthread run` a program finds what it finds under python.

What python does is asked of python itself: a program is run both ways, and the results compared.
"""

from __future__ import annotations

import py_compile
import re
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from ahead import cases, started
from python_process import FACTS, Result, assert_as_python, quiet, run, start, write


@pytest.mark.parametrize("script", ["app.py", "./app.py", "sub/../app.py", "link.py", "{}/app.py"])
def test_a_script_finds_what_it_finds_under_python(tmp_path: Path, script: str) -> None:
    write(tmp_path / "app.py", FACTS)
    (tmp_path / "sub").mkdir()
    target = write(tmp_path / "elsewhere" / "target.py", FACTS)
    (tmp_path / "link.py").symlink_to(target)
    assert_as_python(script.format(tmp_path), "a", "--report", "-m", cwd=tmp_path)


@pytest.mark.parametrize("name", ["single", "package", "package.inner", "package.sub.deep"])
def test_a_module_finds_what_it_finds_under_python(tmp_path: Path, name: str) -> None:
    for path in ("single", "package/__main__", "package/inner", "package/sub/deep"):
        write(tmp_path / f"{path}.py", FACTS)
    write(tmp_path / "package" / "__init__.py", "import sys; print(sys.argv)")
    write(tmp_path / "package" / "sub" / "__init__.py", "")
    # Not in the same process twice: python writes the cache files that `__cached__` names.
    assert_as_python("-m", name, "a", "--help", "--", "-m", cwd=tmp_path)


@pytest.mark.parametrize("program", ["directory", "./directory", "archive.zip"])
def test_a_directory_or_zip_file_finds_what_it_finds_under_python(
    tmp_path: Path, program: str
) -> None:
    main = write(tmp_path / "directory" / "__main__.py", FACTS + "\n    import helper\n")
    helper = write(tmp_path / "directory" / "helper.py", "print('helped')")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.write(main, "__main__.py")
        archive.write(helper, "helper.py")
    assert_as_python(program, "a", cwd=tmp_path)


@pytest.mark.parametrize("name", ["app.pyc", "without_suffix"])
def test_a_compiled_script_runs(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "app.py", FACTS)
    py_compile.compile(str(source), str(tmp_path / name), doraise=True)
    assert_as_python(name, cwd=tmp_path)


@pytest.mark.parametrize("flags", [["-P"], ["-u"], ["-O"], ["-X", "dev"], ["-B", "-b"]])
@pytest.mark.parametrize("program", [["app.py"], ["-m", "app"], ["directory"]])
def test_flags_of_the_interpreter_keep_their_meaning(
    tmp_path: Path, flags: list[str], program: list[str]
) -> None:
    write(tmp_path / "app.py", FACTS)
    write(tmp_path / "directory" / "__main__.py", FACTS)
    where = {"PYTHONPATH": str(tmp_path)} if flags == ["-P"] else {}
    assert_as_python(*program, flags=flags, cwd=tmp_path, env=where)


def test_the_safe_path_variable_is_respected(tmp_path: Path) -> None:
    write(tmp_path / "app.py", FACTS)
    assert_as_python("app.py", cwd=tmp_path, env={"PYTHONSAFEPATH": "1"})


@pytest.mark.parametrize("name", ["argparse", "dataclasses", "inspect", "json", "logging", "shlex"])
def test_a_module_of_the_program_is_not_passed_over_for_one_that_we_need(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path / f"{name}.py", "print('mine')")
    write(tmp_path / "app.py", f"import {name}")
    done = run("app.py", cwd=tmp_path)
    assert done.stdout == "mine\n"
    assert "ironthread" in done.stderr  # and the report does not stumble over it
    assert "no report" not in done.stderr


def test_the_program_runs_on_the_replacement_from_its_first_line(tmp_path: Path) -> None:
    write(tmp_path / "package" / "__init__.py", "from threading import Event as first")
    write(
        tmp_path / "package" / "__main__.py",
        """
        import ironthread, package, queue, threading
        assert package.first is ironthread.Event is threading.Event
        assert queue.Queue is ironthread.Queue
        """,
    )
    done = quiet("-m", "package", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_classes_of_the_main_module_can_be_pickled(tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        """
        import pickle
        class Point:
            def __init__(self, x): self.x = x
        print(pickle.loads(pickle.dumps(Point(5))).x, pickle.dumps(Point))
        """,
    )
    assert_as_python("app.py", cwd=tmp_path)


def test_the_source_of_the_main_module_is_found(tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        """
        import inspect
        def greet():
            return "hello"
        print(inspect.getsource(greet))
        """,
    )
    assert_as_python("app.py", cwd=tmp_path)


@pytest.fixture(scope="module")
def as_python(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, ...], Future[Result]]]:
    """What the program with processes prints, whichever way this run asks for."""
    asked = [
        (*case["program"], case["method"])
        for case in cases(request, test_multiprocessing_finds_the_main_module)
    ]
    directory = tmp_path_factory.mktemp("processes")
    write(
        directory / "app.py",
        """
        import multiprocessing, sys
        def double(x): return 2 * x
        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            with context.Pool(2) as pool:
                print(pool.map(double, range(4)))
            with context.Manager() as manager:
                with manager.Lock():
                    queue = manager.Queue()
                    queue.put("managed")
                    print(queue.get())
        """,
    )
    with started(lambda case: assert_as_python(*case, cwd=directory), asked) as futures:
        yield futures


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
@pytest.mark.parametrize("program", [["app.py"], ["-m", "app"]])
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_multiprocessing_finds_the_main_module(
    method: str, program: list[str], as_python: dict[tuple[str, ...], Future[Result]]
) -> None:
    assert as_python[*program, method].result().stdout == "[0, 2, 4, 6]\nmanaged\n"


@pytest.mark.parametrize(
    "source",
    [
        "# -*- coding: latin-1 -*-\nprint(ascii('\xe4\xf6'))\n".encode("latin-1"),
        "\ufeffprint(ascii('\xe4'))\n".encode(),
        b"print('a')\r\nprint('b')\r\n",
        b"#!/usr/bin/env python\nprint('shebang')",
    ],
)
def test_source_files_are_read_as_python_reads_them(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "app.py").write_bytes(source)
    assert_as_python("app.py", cwd=tmp_path)


@pytest.mark.parametrize("source", [b"# coding: no-such-codec\n", b"print('\xe4')\n", b"\0"])
def test_source_files_that_cannot_be_read_as_text_are_syntax_errors(
    tmp_path: Path, source: bytes
) -> None:
    (tmp_path / "app.py").write_bytes(source)
    done = quiet("app.py", cwd=tmp_path)
    assert done.returncode == start(["app.py"], cwd=tmp_path).returncode == 1
    assert re.search("^SyntaxError: ", done.stderr, re.MULTILINE)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/stdin")
def test_a_script_may_be_a_pipe() -> None:
    done = quiet("/dev/stdin", input="print('piped')")
    assert (done.stdout, done.stderr, done.returncode) == ("piped\n", "", 0)
