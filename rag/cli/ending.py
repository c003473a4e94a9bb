"""How a command ends: its exit codes, and being asked to end."""

from __future__ import annotations

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_WRONG_USE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """The system asks for an end, as `kill`, systemd and Docker do: it ends as Ctrl+C does."""
