"""What no commit may hold is found, and everything that is committed today may be."""

from __future__ import annotations

import subprocess

import pytest

from tests.support import ROOT
from tests.support.committable import MOST_BYTES, find_objection, main
from tests.support.needs import missing

BEGIN = "-----BEGIN "  # put together here, so that this file passes itself


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (".env", "A=1", "settings of one machine"),
        ("big.bin", "x" * (MOST_BYTES + 1), "1,000,001 bytes"),
        ("id_rsa", f"{BEGIN}OPENSSH PRIVATE KEY-----\nabc", "private key"),
        ("notes.txt", f"see\n{BEGIN}PRIVATE KEY-----", "private key"),
        ("key.asc", f"{BEGIN}PGP PRIVATE KEY BLOCK-----", "private key"),
    ],
)
def test_what_no_commit_may_hold_is_told(tmp_path, capsys, name, content, told):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert main([str(path)]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env.example", "A=1"),
        ("full.bin", "x" * MOST_BYTES),
        ("known.pub", f"{BEGIN}PUBLIC KEY-----"),
    ],
)
def test_the_rest_may_be_committed(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert main([str(path), str(tmp_path / "removed.py")]) == 0


def test_everything_that_is_committed_may_be():
    if not (ROOT / ".git").exists():
        missing("a git checkout", f"there is no {ROOT / '.git'}")
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    told = {name: find_objection(ROOT / name) for name in names.splitlines()}
    assert {name: why for name, why in told.items() if why} == {}
