# The few words that people and CI use. Everything is set up from nothing, in its own .venv.

# The first Python on this machine that is new enough.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
NOTEBOOK := notebooks/01_quickstart.ipynb
# JupyterLab refuses to run as root unless it is told to, as in a container.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
HAS_CHROMIUM := { test -n "$$CHROMIUM" || command -v chromium || command -v chromium-browser \
	|| command -v google-chrome; } >/dev/null

NO_CHROMIUM := *** No Chromium here and none could be installed: the browser tests cannot run. ***

.PHONY: help lab demo test lint chromium bench notebooks readme clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.lab ## open JupyterLab on the quickstart notebook
	$(BIN)/jupyter lab $(ROOT) $(LAB_OPTIONS) $(NOTEBOOK)

demo: $(VENV)/.lab ## run the quickstart headless: print the number and its code
	@$(BIN)/python notebooks/execute.py

test: lint chromium ## run all checks and tests
	$(BIN)/python -m pytest -n $(WORKERS) $(TEST_OPTIONS)

lint: $(VENV)/.test ## lint, types, and the contracts between the rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The browser tests click in a real one; the system's packages have it, playwright brings none.
chromium:
	@$(HAS_CHROMIUM) || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get -qq update \
	&& apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null || true
	@$(HAS_CHROMIUM) || echo "$(NO_CHROMIUM)" >&2

bench: $(VENV)/.test ## measure: a table of ratios
	$(BIN)/python tests/bench

notebooks: $(VENV)/.lab ## run all notebooks and keep their outputs
	$(BIN)/python notebooks/execute.py --save

readme: $(VENV)/.test ## write the tables of the README from the code
	$(BIN)/python tests/documentation/tables.py

clean: ## remove what was set up
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@touch $@

$(VENV)/.lab: $(VENV)/.python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[lab]"
	@touch $@

$(VENV)/.test: $(VENV)/.lab
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group test
	@touch $@
