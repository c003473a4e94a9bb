"""Run `python -m rag.cli`, which is the same as `paperchat`."""

import sys

from rag.cli import main

sys.exit(main())
