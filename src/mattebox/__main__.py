"""`python -m mattebox` is the command `mattebox`."""

from __future__ import annotations

import sys

from mattebox.cli import main

if __name__ == "__main__":
    sys.exit(main())
