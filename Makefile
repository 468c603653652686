# The everyday loop. `make run` needs nothing but Python 3.11+.
VENV ?= .venv
PY := $(VENV)/bin/python

.PHONY: run test check bench shots

$(VENV)/.dev: pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet -e '.[dev]'
	touch $@

run: $(VENV)/.dev
	$(VENV)/bin/tavern-tui

test: $(VENV)/.dev
	$(PY) -m pytest -n 2

check: test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.dev
	$(PY) -m benchmarks

shots: $(VENV)/.dev
	$(PY) -m tests.ui.shots docs/screenshots
