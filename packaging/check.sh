#!/usr/bin/env bash
# Everything that must hold before a change is accepted; run by `make test` after the set-up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=.venv/bin

step() {
    local begin=$SECONDS
    printf '== %s\n' "$*"
    "$bin/$@"
    printf '   %d s\n' "$((SECONDS - begin))"
}

step ruff check .
step ruff format --check .
step mypy
step lint-imports --no-logo
# The quick tests come first (tests/conftest.py); the slowest are named, and the last line is pytest's summary.
printf '== pytest\n'
exec "$bin/python" -m pytest -q --color=no --durations=40 --durations-min=5
