"""The socket of a program that listens: who may ask, what, and what becomes of those who misbehave."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from listening import Listening, answer, path_of
from python_process import CLEAN, PATIENCE, python, run, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server is Linux's")

READY = """
    print("ready", flush=True)
    input()
"""

needs_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can become another user"
)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Listening]:
    with Listening(tmp_path, READY) as program:
        program.until("ready")
        yield program


def test_the_socket_is_its_users_alone(program: Listening) -> None:
    path = path_of(program.pid)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_uid == path.parent.stat().st_uid == os.geteuid()


def test_the_socket_is_gone_when_the_program_has_ended(program: Listening) -> None:
    program.tell()
    assert program.wait() == 0
    assert not path_of(program.pid).exists()


def test_a_program_that_is_not_asked_to_listen_has_neither_socket_nor_thread(
    tmp_path: Path,
) -> None:
    write(
        tmp_path / "app.py",
        "import os; print(os.getpid(), len(os.listdir('/proc/self/task')))",
    )
    done = run("--report", "none", "app.py", cwd=tmp_path)
    process, threads = map(int, done.stdout.split())
    assert threads == 1
    assert not path_of(process).exists()


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "bad-request"),
        (b"\xff\x00\xfe\n", "bad-request"),
        (b"\n", "bad-request"),
        (b"[1]\n", "bad-request"),
        (b'{"version": 1}\n', "bad-request"),
        (b'{"version": 1, "ask": "reset"}\n', "bad-request"),
        (b'{"version": 1, "ask": "dump", "form": "xml"}\n', "bad-request"),
        (b'{"version": 1, "ask": "dump", "and": 1}\n', "bad-request"),
        (b'{"version": 7, "ask": "dump"}\n', "unsupported-version"),
        (b"[" * 4096, "too-long"),
        (b"x" * 1_000_000, "too-long"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else value,
)
def test_what_is_no_question_gets_an_error_that_says_why(
    program: Listening, question: bytes, code: str
) -> None:
    if code == "too-long":
        question += b"x"
    found = program.raw(question)
    assert found["version"] == 1
    assert found["error"]["code"] == code
    assert found["error"]["message"]
    assert "threads" not in found
    assert program.ask("stats")["process"]["id"] == program.pid


def test_a_question_of_the_greatest_length_is_answered(program: Listening) -> None:
    question = json.dumps({"version": 1, "ask": "stats"}).encode()
    assert "threads" in program.raw(question.ljust(4095) + b"\n")
    assert program.raw(question.ljust(4096) + b"\n")["error"]["code"] == "too-long"


def test_a_question_may_come_in_pieces(program: Listening) -> None:
    with program.connect() as connection:
        for byte in b'{"version": 1, "ask": "stats"}\n':
            connection.sendall(bytes([byte]))
        assert "threads" in answer(connection)


def test_those_who_stall_harm_nobody_and_are_dropped(program: Listening) -> None:
    stalled = [program.connect() for _ in range(50)]
    for connection in stalled[::2]:
        # (Some of them have been dropped already, to make room.)
        try:
            connection.sendall(b'{"version"')
        except BrokenPipeError:
            continue
    # One who asks and does not read.
    deaf = program.connect()
    deaf.sendall(b'{"version": 1, "ask": "dump"}\n')
    for _ in range(20):
        assert program.ask("stats")["process"]["id"] == program.pid
    for connection in stalled:
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass
        connection.close()
    deaf.close()


def test_many_who_ask_at_once_are_all_answered(program: Listening) -> None:
    # Each asks as it connects, so that it is served before it has to make room.
    connections = []
    for _ in range(40):
        connection = program.connect()
        connection.sendall(b'{"version": 1, "ask": "stats"}\n')
        connections.append(connection)
    for connection in connections:
        with connection:
            assert answer(connection)["process"]["id"] == program.pid


def test_one_who_hangs_up_early_harms_nobody(program: Listening) -> None:
    for _ in range(20):
        connection = program.connect()
        connection.sendall(b'{"version": 1, "ask": "dump"}\n')
        connection.close()
    assert program.ask("stats")["process"]["id"] == program.pid


# A user that no other run of the tests on this machine is at the moment.
ANOTHER = 100_000 + os.getpid()
YET_ANOTHER = ANOTHER + 10_000_000

AS_ANOTHER = f"""
    import os
    import ironthread.diagnosis, ironthread.attach.client
    os.setgroups([]); os.setgid({ANOTHER}); os.setuid({ANOTHER})
"""


@needs_root
def test_another_user_is_refused_even_where_the_file_lets_him_through(tmp_path: Path) -> None:
    code = AS_ANOTHER + "    print(ironthread.diagnosis.listen(), flush=True)\n    input()\n"
    with Listening(tmp_path, code, "-P") as program:
        path = Path(program.until("/.*"))
        try:
            os.chmod(path.parent, 0o777)
            os.chmod(path, 0o777)
            ask = f"""
                import os, socket
                os.setgroups([]); os.setgid({YET_ANOTHER}); os.setuid({YET_ANOTHER})
                connection = socket.socket(socket.AF_UNIX)
                connection.connect({str(path)!r})
                try:
                    connection.sendall(b'{{"version": 1, "ask": "dump"}}' + bytes([10]))
                except BrokenPipeError:
                    pass  # refused before a word was said
                print(connection.recv(4096).decode())
            """
            found = json.loads(python(ask))
            assert found["error"]["code"] == "not-permitted"
            assert "threads" not in found
            # Its own user and root are served.
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(str(path))
                connection.sendall(b'{"version": 1, "ask": "stats"}\n')
                assert answer(connection)["process"]["id"] == program.pid
            assert "threads" in python(ask.replace(str(YET_ANOTHER), str(ANOTHER)))
        finally:
            program.tell()
            program.wait()
            path.parent.rmdir()


@needs_root
def test_the_command_tells_another_user_that_he_may_not(program: Listening) -> None:
    asked = python(
        AS_ANOTHER
        + f"""
    try:
        ironthread.attach.client.ask({program.pid}, "dump")
    except ironthread.attach.client.CannotAsk as problem:
        print(problem)
    """
    )
    assert asked.startswith(f"not permitted: process {program.pid} is user root's")


@needs_root
@pytest.mark.parametrize(
    ("owner", "mode", "problem"),
    [(0, 0o700, "it belongs to another user"), (ANOTHER, 0o755, "others may enter it")],
)
def test_a_directory_that_is_not_the_users_alone_is_refused(
    owner: int, mode: int, problem: str
) -> None:
    directory = Path(f"/tmp/ironthread-{ANOTHER}")
    directory.mkdir()
    try:
        directory.chmod(mode)
        os.chown(directory, owner, owner)
        found = python(
            AS_ANOTHER
            + """
    try:
        ironthread.diagnosis.listen()
    except PermissionError as error:
        print(error)
    """
        )
        assert problem in found
    finally:
        directory.rmdir()


@needs_root
def test_a_link_in_the_directorys_place_is_refused(tmp_path: Path) -> None:
    directory = Path(f"/tmp/ironthread-{ANOTHER}")
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    os.chown(target, ANOTHER, ANOTHER)
    directory.symlink_to(target)
    try:
        found = python(
            AS_ANOTHER
            + """
    try:
        ironthread.diagnosis.listen()
    except PermissionError as error:
        print(error)
    """
        )
        assert "it is no directory" in found
    finally:
        directory.unlink()


def test_a_forked_child_does_not_keep_its_parents_socket(tmp_path: Path) -> None:
    code = """
        import os, sys
        before = os.getpid()
        def sockets():
            links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
            kinds = [os.readlink(link) for link in links if os.path.islink(link)]
            return [kind for kind in kinds if kind.startswith(("socket:", "anon_inode:"))]
        ours = sockets()
        child = os.fork()
        if child == 0:
            from ironthread import diagnosis
            print("child", os.getpid(), len(ours), len(sockets()), flush=True)
            input()
            print(diagnosis.listen(), flush=True)
            input()
            sys.exit()
        os.waitpid(child, 0)
    """
    with Listening(tmp_path, code) as program:
        child, ours, theirs = map(int, program.until("child .*").split()[1:])
        assert (ours, theirs) == (2, 0)
        assert program.ask("stats")["process"]["id"] == program.pid
        assert not path_of(child).exists()
        program.tell()
        # Asked to, it answers for itself.
        assert program.until("/.*") == str(path_of(child))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(path_of(child)))
            connection.sendall(b'{"version": 1, "ask": "stats"}\n')
            assert answer(connection)["process"]["id"] == child
        program.tell()
        assert program.wait() == 0
        assert not path_of(child).exists()
        assert not path_of(program.pid).exists()


def test_forks_while_questions_are_asked_leave_no_connection_behind(tmp_path: Path) -> None:
    code = """
        import os
        print("ready", flush=True)
        for _ in range(200):
            child = os.fork()
            if child == 0:
                links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
                kinds = [os.readlink(link) for link in links if os.path.islink(link)]
                os._exit(any(kind.startswith("socket:") for kind in kinds))
            assert os.waitpid(child, 0)[1] == 0
        print("forked", flush=True)
        input()
    """
    with Listening(tmp_path, code) as program:
        program.until("ready")
        for _ in range(100):
            assert program.ask("dump")["process"]["id"] == program.pid
        program.until("forked")


def test_close_ends_thread_and_socket_and_listening_can_begin_anew(tmp_path: Path) -> None:
    out = python("""
        import os
        from ironthread import diagnosis
        def threads(): return len(os.listdir("/proc/self/task"))
        for _ in range(3):
            path = diagnosis.listen()
            assert diagnosis.listen() == path
            assert os.path.exists(path) and threads() == 2
            descriptors = len(os.listdir("/proc/self/fd"))
            diagnosis.close()
            assert not os.path.exists(path) and threads() == 1
            assert len(os.listdir("/proc/self/fd")) == descriptors - 2
        diagnosis.close()
        print("closed")
    """)
    assert out == "closed\n"


def test_a_socket_left_over_by_an_earlier_process_is_replaced() -> None:
    out = python("""
        import os, socket
        from ironthread import diagnosis
        path = diagnosis.listen()
        diagnosis.close()
        with socket.socket(socket.AF_UNIX) as leftover:
            leftover.bind(path)
        assert diagnosis.listen() == path
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
        print("connected")
    """)
    assert out == "connected\n"


def test_who_listens_removes_the_sockets_of_killed_processes_only() -> None:
    out = python("""
        import os, socket, subprocess, sys, time
        from ironthread import diagnosis
        program = "from ironthread import diagnosis; print(diagnosis.listen(), flush=True); input()"
        def start():
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            process = subprocess.Popen([sys.executable, "-c", program], **pipes)
            return process, process.stdout.readline().strip()
        (killed, left), (alive, used) = start(), start()
        killed.kill()
        killed.wait()
        other = os.path.join(os.path.dirname(left), "notes.sock")
        open(other, "x").close()
        # Of another process that is gone, by its number; but somebody listens there.
        served = os.path.join(os.path.dirname(left), "2147483647.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(served)
            listener.listen()
            assert os.path.exists(left)
            kept = os.path.join(os.path.dirname(left), "2147483646.sock")
            open(kept, "x").close()  # no socket
            with socket.socket(socket.AF_UNIX) as young:
                young.bind(os.path.join(os.path.dirname(left), "2147483645.sock"))
            long_ago = time.time() - 60
            for path in (left, used, served, kept):
                os.utime(path, (long_ago, long_ago))
            diagnosis.listen()
            for path in (kept, kept.replace("6.sock", "5.sock")):
                os.unlink(path)  # still there
            print([os.path.exists(path) for path in (left, used, other, served)])
        os.unlink(other)
        os.unlink(served)
        alive.communicate("\\n")
    """)
    assert out == "[False, True, True, True]\n"


def test_a_program_that_cannot_listen_is_not_run(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "print('it ran')")
    path = tmp_path / "sitecustomize.py"
    # A file stands where this process's socket would be.
    path.write_text(
        textwrap.dedent("""
            import os
            directory = os.environ["DIRECTORY"]
            os.makedirs(directory, mode=0o700, exist_ok=True)
            open(f"{directory}/{os.getpid()}.sock", "x").close()
        """),
        encoding="utf-8",
    )
    directory = path_of(0).parent
    done = subprocess.run(
        [sys.executable, "-m", "ironthread", "run", "--listen", "app.py"],
        cwd=tmp_path,
        env=CLEAN | {"PYTHONPATH": str(tmp_path), "DIRECTORY": str(directory)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ironthread: can't have questions answered: ")
    assert "Address already in use" in done.stderr
    (left,) = (word.rstrip(":") for word in done.stderr.split() if ".sock" in word)
    Path(left).unlink()
