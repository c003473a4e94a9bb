"""Run the command: `python -m paperchat`."""

import sys

from paperchat import main

if __name__ == "__main__":
    sys.exit(main())
