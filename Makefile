# make demo: set everything up and audit a sample app.   make test: set everything up and pass the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE ?= fixtures/apps/lovable-crm

.PHONY: demo test check docs lock wheel clean setup

setup: $(VENV)/.installed

demo: setup
	@$(BIN)/vibeaudit audit $(SAMPLE) --fix --out demo-report
	@echo "The report is in demo-report/report.html"

test: setup
	$(BIN)/pytest -n 2

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: setup
	$(BIN)/python docs/generate.py

# The tested versions, with hashes, for every supported Python.
lock: setup
	$(BIN)/pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip compile -q pyproject.toml --extra llm --universal --generate-hashes --python-version 3.11 --no-header -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra llm --group dev --universal --generate-hashes --python-version 3.11 --no-header -o requirements-dev.lock

wheel: setup
	$(BIN)/python -m hatchling build -t wheel -d dist

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vibeaudit needs Python 3.11 or newer; set PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory venv-module
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Debian ships Python without its venv module.
.PHONY: venv-module
venv-module:
	@if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq python3-venv; \
	elif sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo apt-get install -y -qq python3-venv; \
	else echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2; exit 2; fi

clean:
	rm -rf $(VENV) build dist demo-report .mypy_cache .ruff_cache .pytest_cache
