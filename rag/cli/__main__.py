"""`python -m rag.cli`: the same as `paperchat`."""

import sys

from rag.cli import main

sys.exit(main())
