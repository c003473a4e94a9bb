# Everything that is done often, in one word. `make check` is what a change must pass.
# The tools come from the active environment: pip install -e '.[test]' && make check
.PHONY: check lint format types test eval run

check: lint types test

lint:
	ruff check .
	ruff format --check .

format:
	ruff check --fix .
	ruff format .

types:
	mypy

test:
	pytest

eval:
	paperchat eval run --out runs/now
	paperchat eval compare runs/now

run:
	paperchat
