"""Real servers of a group on loopback: PostgreSQL and Chroma, each in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

from tests.support.loopback import free_port
from tests.support.needs import missing

MEMORY: Final = Path("/dev/shm")
# Nothing of a test has to outlive a crash of the machine; one of the server it has.
HASTY: Final = "-c fsync=off -c full_page_writes=off"
SMALL: Final = "-c shared_buffers=16MB -c max_connections=60"
EVERY_S: Final = 0.02
MOST_TRIES: Final = 3000


def postgres_program(name: str) -> str:
    """Find one of PostgreSQL's programs, which Debian keeps out of the path."""
    found = shutil.which(name)
    of_debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found is None and not of_debian:
        missing("Debian's postgresql", f"there is no {name}")
    return found or str(of_debian[-1])


class Postgres:
    """A PostgreSQL server; each library gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        # The server refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "-D", str(folder / "data"), "-U", "ada", "-A", "trust", "-N", "-E", "UTF8"
        )
        self.start()

    def start(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} -k {self.folder} {HASTY} {SMALL}"
        )
        log = str(self.folder / "log")
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def restart(self) -> None:
        """Stop the server as a crash does, and start it again."""
        self.stop()
        self.start()

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Have the server do something; what it prints."""
        url = self.url(database)
        return self._run("psql", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", statement)

    def url(self, database: str, user: str = "ada") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database; its address."""
        name = f"papers_{uuid.uuid4().hex[:12]}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def _run(self, program: str, *options: str) -> str:
        done = subprocess.run(
            [postgres_program(program), *options],
            user=self._user,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program == "psql" else subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{program} failed: {done.stdout}"
        return (done.stdout or "").strip()


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Run a PostgreSQL server, until the end of the tests that need one."""
    postgres_program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="paperchat-pg-", dir=MEMORY if MEMORY.is_dir() else None))
    server = None
    try:
        server = Postgres(folder)
        yield server
    finally:
        if server:
            with suppress(AssertionError):  # it was stopped by the test
                server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Chroma:
    """A Chroma server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        program = Path(sys.executable).parent / "chroma"
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        self._process = subprocess.Popen(
            [str(program), "run", "--path", str(self.folder), *address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        transport = httpx.HTTPTransport(retries=0)
        with httpx.Client(transport=transport) as client:
            for _ in range(MOST_TRIES):
                with suppress(httpx.TransportError):
                    if client.get(f"{self.url}/api/v2/heartbeat").status_code == 200:
                        return
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(EVERY_S)
                    break
        raise AssertionError("the Chroma server did not start")

    def stop(self) -> None:
        """End the server as a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()


@contextmanager
def chroma_server(folder: Path) -> Iterator[Chroma]:
    """Run a Chroma server, until the end of the tests that need one."""
    server = Chroma(folder)
    try:
        yield server
    finally:
        server.stop()
