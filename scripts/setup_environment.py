"""Make the project's virtual environment and install its development tools into it.

Usage: ``python setup_environment.py DIRECTORY``. Says in one line what is missing; exits with 2.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

MINIMUM = (3, 11)


def tools() -> list[str]:
    """The requirements of the group ``dev`` of pyproject.toml."""
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    groups = tomllib.loads(project.read_text(encoding="utf-8"))["dependency-groups"]
    return list(groups["dev"])


def main(directory: Path) -> int:
    """Make the environment if it is not there, and bring its tools up to date."""
    python = directory / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(directory)], check=False)
        if made.returncode != 0:
            print(
                "ironthread: this Python cannot make virtual environments; install its venv module"
                " (Debian: python3-venv), or choose another with PYTHON=",
                file=sys.stderr,
            )
            return 2
    # `maturin develop` reads dependency groups, which pip knows from 25.1 on.
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for requirements in (["pip>=25.1"], tools()):
        installed = subprocess.run([*pip, "--upgrade", *requirements], check=False)
        if installed.returncode != 0:
            return 2
    return 0


if __name__ == "__main__":
    if sys.version_info < MINIMUM:
        wanted = ".".join(map(str, MINIMUM))
        sys.exit(f"ironthread: needs Python {wanted} or later, this is {sys.version}")
    if len(sys.argv) != 2:
        sys.exit("usage: setup_environment.py DIRECTORY")
    sys.exit(main(Path(sys.argv[1])))
