"""`python -m tavern_tui`."""

import sys

from tavern_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
