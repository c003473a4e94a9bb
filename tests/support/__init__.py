"""What several tests share: made-up papers, a scripted endpoint, a served page, checks of it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
