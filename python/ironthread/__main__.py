"""`python -m ironthread`: the same as the command `ironthread`."""

import sys

from ironthread.cli import main

if __name__ == "__main__":
    sys.exit(main())
