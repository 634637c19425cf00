"""Threads that start programs, talk to them and end them, all at the same time."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

THREADS = 4
SHOUT = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.exit(int(sys.argv[1]))"
PYTHON = [sys.executable, "-S", "-E", "-c"]


def shout(number: int) -> tuple[int, str]:
    """Three pipes: `communicate` reads from two of them."""
    done = subprocess.run(
        [*PYTHON, SHOUT, str(number)],
        input=f"word {number}",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def converse(number: int) -> str:
    """A child that answers line by line, with a thread that reads while this one writes."""
    heard: list[str] = []
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        reader = threading.Thread(
            target=heard.extend, args=[iter(child.stdout)], name=f"reader-{number}"
        )
        reader.start()
        for index in range(100):
            print(f"{number}.{index}", file=child.stdin)
        child.stdin.close()
        reader.join()
    return f"{len(heard)} lines, the last {heard[-1].strip()}, status {child.returncode}"


def give_up(number: int) -> str:
    """A child that does not end is killed when its time is over."""
    try:
        subprocess.run(["sleep", "60"], timeout=0.02, check=False)
    except subprocess.TimeoutExpired as error:
        return f"{number} gave up: {error.cmd}"
    return "it ended"


def wait_together(number: int) -> set[int]:
    """Several threads wait for the same child: every one of them gets its status."""
    with (
        subprocess.Popen([*PYTHON, "raise SystemExit(7)"]) as child,
        ThreadPoolExecutor(3, thread_name_prefix=f"waiter-{number}") as pool,
    ):
        return {job.result() for job in [pool.submit(child.wait) for _ in range(3)]}


def main() -> None:
    for action in (shout, converse, give_up, wait_together):
        with ThreadPoolExecutor(THREADS, thread_name_prefix="crew") as pool:
            for outcome in pool.map(action, range(THREADS)):
                print(action.__name__, outcome)


if __name__ == "__main__":
    main()
