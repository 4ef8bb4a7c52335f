# make demo    lint a small training project that has mistakes, then train it under watch
# make test    format, lint, types, tests
# Both make their environment in .venv first. Which build of torch that brings: see constraints.txt.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint clean

demo: $(READY)
	@echo "== trainlint check examples/digits: what the source tells"
	@$(BIN)/trainlint check examples/digits || [ $$? -eq 1 ]
	@echo "== python train.py: what the run tells"
	@cd examples/digits && ../../$(BIN)/python train.py
	@echo "== trainlint report RUN: the same again, from the run file"
	@run=$$(ls -t examples/digits/trainlint-runs/*.sqlite | head -n 1); echo "$$run"; \
	    $(BIN)/trainlint report "$$run" || [ $$? -eq 1 ]

test: lint
	$(BIN)/pytest

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("trainlint needs Python 3.10 or later: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[watch,dev]'
	@touch $@
