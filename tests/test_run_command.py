"""The command `ironthread`: its options, its errors, and where the report goes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from python_process import CLEAN, FACTS, assert_as_python, run, start, write


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["missing.py"], "can't open 'missing.py': No such file or directory"),
        (["empty"], "can't find a __main__.py in 'empty'"),
        (["loop"], "can't open 'loop': "),
        (["app.py/x"], "can't open 'app.py/x': Not a directory"),
        (["-m", "no_such_module"], "no module named 'no_such_module'"),
        (["-m", "no_such.module"], "no module named 'no_such.module'"),
        (["-m", "package.missing"], "no module named 'package.missing'"),
        (["-m", "package"], "'package' is a package without a __main__ module"),
        (["-m", "empty"], "'empty' is a package without a __main__ module"),
        (["-m", ".app"], "relative module names are not supported: '.app'"),
        (["-m", "app.py"], "no module named 'app.py': "),
        (["-m", "sys"], "'sys' has no Python code to run"),
        (["-m"], "option -m needs a value"),
        (["--report"], "option --report needs a value"),
        (["--trace"], "option --trace needs a value"),
        (["--report", "xml", "app.py"], "unknown form of report 'xml'"),
        (["--deadlock", "shout", "app.py"], "unknown way to deal with deadlocks 'shout'"),
        (["--on-deadlock=sulk", "app.py"], "unknown end of a deadlock 'sulk'"),
        (["--report", "html", "app.py"], "--report html needs --report-file"),
        (["--report-file", "no/such/file", "app.py"], "can't write to "),
        (["--report-file", "empty", "app.py"], "can't write to "),
        (["--verbose", "app.py"], "unknown option '--verbose'"),
        ([], "no program to run"),
    ],
)
def test_what_cannot_be_run_is_one_clear_line_and_status_2(
    tmp_path: Path, arguments: list[str], problem: str
) -> None:
    write(tmp_path / "app.py", "print('it ran')")
    write(tmp_path / "package" / "__init__.py", "")
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.replace("it ran\n", "") == ""
    assert done.stderr.startswith(f"ironthread: {problem}")
    assert done.stderr.count("\n") == 1
    if arguments != ["-m", "app.py"]:  # there python, too, runs app as the package it is not
        assert done.stdout == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_script_is_one_clear_line_and_status_2(tmp_path: Path) -> None:
    script = write(tmp_path / "app.py", "print('it ran')")
    script.chmod(0)
    done = run("app.py", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "ironthread: can't open 'app.py': Permission denied\n"


@pytest.mark.parametrize("arguments", [["walk"], []])
def test_an_unknown_command_is_one_clear_line_and_status_2(arguments: list[str]) -> None:
    done = start(["-m", "ironthread", *arguments])
    assert done.returncode == 2
    assert done.stderr.startswith("ironthread: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["run", "--help"], ["run", "-h", "x"]])
def test_help_is_printed_on_request(arguments: list[str]) -> None:
    done = start(["-m", "ironthread", *arguments])
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ironthread run")


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    done = start(["-m", "ironthread", "--version"])
    assert done.stdout == f"ironthread {version('ironthread')}\n"


TWO_ORDERS = """
    import threading
    a, b = threading.Lock(), threading.Lock()
    def nest(first, second):
        with first, second:
            pass
    nest(a, b)
    thread = threading.Thread(target=nest, args=(b, a))
    thread.start()
    thread.join()
"""


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `ironthread arguments...` as it was installed."""
    return subprocess.run(
        [Path(sys.executable).with_name("ironthread"), *arguments],
        cwd=cwd,
        env=CLEAN,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_is_installed(tmp_path: Path) -> None:
    write(tmp_path / "app.py", FACTS)
    done = command("run", "--report=none", "app.py", "a", cwd=tmp_path)
    expected = start(["app.py", "a"], cwd=tmp_path)
    assert (done.stdout, done.stderr) == (expected.stdout, expected.stderr)


def test_the_script_that_was_installed_is_no_part_of_the_program(tmp_path: Path) -> None:
    write(tmp_path / "app.py", TWO_ORDERS)
    done = command("run", "--report=none", "--lock-order", "app.py", cwd=tmp_path)
    assert "in nest: with first, second:" in done.stderr
    assert "main()" not in done.stderr


@pytest.mark.parametrize(
    ("form", "start"),
    [("text", "── ironthread ── app.py"), ("json", "{"), ("html", "<!DOCTYPE html>")],
)
def test_the_report_goes_to_a_file_on_request(tmp_path: Path, form: str, start: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "app.py", "import os; os.chdir('elsewhere')")
    done = run("--report", form, "--report-file", "report.out", "app.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
    report = (tmp_path / "report.out").read_text(encoding="utf-8")
    assert report.startswith(start)


# Starts its own command again, as reloaders do, in a child or in its own place.
RELOADER = """
    import os, subprocess, sys, threading
    again = [sys.executable, *sys.orig_argv[1:]]
    if "AGAIN" not in os.environ:
        if "exec" in sys.argv:
            os.environ["AGAIN"] = "1"
            os.execv(sys.executable, again)
        for again_and_again in range(2):
            subprocess.run(again, env=os.environ | {"AGAIN": "1"}, check=True)
    threading.Event().wait(0.01)
"""


def test_a_child_that_runs_the_same_command_tells_its_process_in_the_title(tmp_path: Path) -> None:
    write(tmp_path / "app.py", RELOADER)
    done = run("app.py", cwd=tmp_path)
    assert done.returncode == 0
    titles = re.findall("^── ironthread ── (.*?) ─", done.stderr, re.MULTILINE)
    assert titles[-1] == "app.py"
    assert all(re.fullmatch(r"app\.py \(process \d+\)", title) for title in titles[:2])
    assert len(set(titles)) == 3


def test_each_process_of_a_run_has_a_page_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "app.py", RELOADER)
    done = run("--report", "html", "--report-file", "waits.html", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    pages = [path.read_text(encoding="utf-8") for path in tmp_path.glob("waits*.html")]
    assert len(pages) == 3
    assert all(page.startswith("<!DOCTYPE html>") for page in pages)


def test_no_process_of_a_run_overwrites_the_report_of_another(tmp_path: Path) -> None:
    write(tmp_path / "app.py", RELOADER)
    done = run("--report", "json", "--report-file", "waits.json", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    processes = {
        path.name: json.loads(path.read_text(encoding="utf-8"))["process"]
        for path in tmp_path.glob("waits*")
    }
    main = processes.pop("waits.json")
    assert len(processes) == 2
    assert processes == {f"waits.{process}.json": process for process in processes.values()}
    assert main not in processes.values()


def test_a_process_that_runs_its_command_anew_in_its_own_place_is_no_child(tmp_path: Path) -> None:
    write(tmp_path / "app.py", RELOADER)
    done = run("--report-file", "waits.txt", "app.py", "exec", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.glob("waits*")] == ["waits.txt"]
    report = (tmp_path / "waits.txt").read_text(encoding="utf-8")
    assert report.startswith("── ironthread ── app.py exec ──")


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="needs /dev/stdout")
def test_all_processes_of_a_run_write_to_a_pipe_they_share(tmp_path: Path) -> None:
    write(tmp_path / "app.py", RELOADER)
    done = run("--report-file", "/dev/stdout", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("── ironthread ──") == 3


def test_a_report_tells_of_names_that_cannot_be_written(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "import threading\nthreading.current_thread().name = '\\udcff'")
    done = run("--report-file", "waits.txt", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = (tmp_path / "waits.txt").read_text(encoding="utf-8")
    assert re.search("^\ufffd+ ", report, re.MULTILINE)


def test_no_report_means_no_report(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "import threading; threading.Lock()")
    done = run("--report=none", "app.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_program_that_cannot_be_loaded_gets_no_report(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "def f(:")
    done = run("app.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "── ironthread" not in done.stderr


def test_nothing_warns_under_the_strictest_settings(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "import threading; threading.Thread(target=print).start()")
    done = run("app.py", cwd=tmp_path, flags=["-X", "dev", "-W", "error"])
    assert done.returncode == 0
    assert re.fullmatch(r"── ironthread(.*\n)*", done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_the_handlers_of_signals_are_those_of_python(tmp_path: Path) -> None:
    names = [name for name in ("SIGINT", "SIGTERM", "SIGPIPE") if hasattr(signal, name)]
    write(
        tmp_path / "app.py",
        f"import signal\nfor name in {names}: print(signal.getsignal(getattr(signal, name)))",
    )
    assert_as_python("app.py", cwd=tmp_path)


def test_a_run_without_report_does_not_load_what_makes_one(tmp_path: Path) -> None:
    program = "import sys; print([name for name in sys.modules if name == 'ironthread.run.ending'])"
    write(tmp_path / "app.py", program)
    assert run("--report", "none", "app.py", cwd=tmp_path).stdout == "[]\n"
    assert run("app.py", cwd=tmp_path).stdout == "['ironthread.run.ending']\n"
