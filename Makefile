# The few words that people and CI use. Everything is set up from nothing, in its own .venv.

# The first Python on this machine that is new enough.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# Two for each of the two cores of CI: a test waits for kernels, servers and browsers, and each
# worker pays for a JupyterLab, a browser and a collection of the tests of its own.
WORKERS ?= 4
# Who has nothing left takes over what waits for others: else one of them is alone in the end.
IN_WORKERS := -n $(WORKERS) --dist worksteal
SITE ?= site
DOCTREES ?= build/doctrees
NOTEBOOK := notebooks/01_quickstart.ipynb
# JupyterLab refuses to run as root unless it is told to, as in a container.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
HAS_CHROMIUM := { test -n "$$CHROMIUM" || command -v chromium-headless-shell || command -v chromium \
	|| command -v chromium-browser || command -v google-chrome; } >/dev/null

HAS_POSTGRESQL := { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1

NO_POSTGRESQL := *** No PostgreSQL here and none could be installed: its tests cannot run. ***
NO_CHROMIUM := *** No Chromium here and none could be installed: the browser tests cannot run. ***

# Another Python of this machine, by its version: of its own, or pyenv's.
other_python = $(shell for python in python$(1) \
	"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$(1)*/bin/python$(1); do \
	"$$python" -c '' 2>/dev/null && echo "$$python" && break; done)

# Binder, replayed: the Python that binder/runtime.txt names, and a venv for repo2docker alone.
BINDER_PYTHON ?= $(call other_python,3.12)
REPO2DOCKER := .binder/repo2docker/bin/repo2docker
NO_PYTHON_3_12 := *** No Python 3.12 here, which Binder has: make test-binder BINDER_PYTHON=/path/to/python3.12 ***

# What depends on the versions of others, tried with the lowest and with the newest of all of them.
LOWEST_PYTHON ?= $(call other_python,3.11)
NEWEST_PYTHON ?= $(call other_python,3.13)
# All tests but those that compare with what the pinned versions print; the site is built with them alone.
OF_VERSIONS := -m "not deep and not pinned" --ignore tests/documentation/test_site.py
NO_PYTHON_3_11 := *** SKIPPED: no Python 3.11 here: make test-lowest LOWEST_PYTHON=/path/to/python3.11 ***
NO_PYTHON_3_13 := *** SKIPPED: no Python 3.13 here: make test-newest NEWEST_PYTHON=/path/to/python3.13 ***

# A dot for each package, so that nobody waits in silence; what goes wrong is said in pip's words.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --no-compile
# pip would compile one file after the other, on one core.
COMPILE = $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true # some are no Python 3
DOTS := | awk '/^ *(Collecting|Downloading|Using cached|Installing)/ { printf "."; fflush() } END { print "" }'

versions_installed = echo "$(1): installing what its tests need …" \
	&& $(1)/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1" \
	&& $(1)/bin/python -m pip install --disable-pip-version-check --no-compile $(2) \
		--editable ".[lab]" --group test $(DOTS) \
	&& { $(1)/bin/python -m compileall -q -j 0 $(1)/lib >/dev/null || true; } # some are no Python 3

# Kernels and commands that the tests start would compile the package each time otherwise.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help lab demo test test-deep test-kernels test-binder test-lowest test-newest lowest-versions newest-versions test-frontends lint style chromium postgresql bench docs notebooks shareable readme clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.lab ## open JupyterLab on the quickstart notebook
	@echo "Opening JupyterLab on $(NOTEBOOK) …"
	@$(BIN)/jupyter lab $(ROOT) $(LAB_OPTIONS) $(NOTEBOOK)

demo: $(VENV)/.lab ## run the quickstart headless: print the number and its code
	@echo "Running notebooks/01_quickstart.ipynb on the embedded sandbox …"
	@$(BIN)/python notebooks/execute.py

# The package, and then a person's script: of that, mypy reads the package from its cache.
MYPY := $(BIN)/mypy && $(BIN)/mypy tests/client/typed_script.py

# mypy takes one core for half a minute: the tests run beside it, and what it says comes last.
# The tests are collected once before: else each worker rewrites the assertions of all their files.
test: style chromium postgresql ## run all checks and tests
	@{ $(MYPY); } >$(VENV)/mypy.txt 2>&1 & types=$$!; \
	$(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1; \
	$(BIN)/python -m pytest $(IN_WORKERS) $(TEST_OPTIONS); failed=$$?; \
	wait $$types || failed=1; cat $(VENV)/mypy.txt; exit $$failed

test-deep: $(VENV)/.test postgresql ## what takes long: 2,000 orders, hundreds of kills, many more examples
	$(BIN)/python -m pytest $(IN_WORKERS) -m "deep or hypothesis" --hypothesis-profile deep $(TEST_OPTIONS)

test-binder: $(VENV)/.test $(REPO2DOCKER) chromium ## build as Binder does, and run all notebooks there
	@test -n "$(BINDER_PYTHON)" || { echo "$(NO_PYTHON_3_12)" >&2; exit 1; }
	REPO2DOCKER=$(REPO2DOCKER) BINDER_PYTHON=$(BINDER_PYTHON) $(BIN)/python -m pytest tests/binder
	LAB_PYTHON=.binder/env/bin/python $(BIN)/python -m pytest -n 2 --dist loadfile tests/browser -m smoke

test-kernels: $(VENV)/.test chromium ## the panels on an older kernel, whose callbacks run elsewhere
	$(PYTHON) -m venv .kernels/6.31
	grep -v '^ipykernel==' constraints.txt > .kernels/constraints.txt
	.kernels/6.31/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint .kernels/constraints.txt "ipykernel==6.31.0" --editable ".[lab]"
	LAB_PYTHON=.kernels/6.31/bin/python $(BIN)/python -m pytest -n 2 --dist loadfile tests/browser -m smoke

test-frontends: $(VENV)/.test chromium ## the panels in marimo, voila, Notebook 7, and with ipywidgets 7.7 as Colab has
	@$(PYTHON) -m venv .frontends/new && $(PYTHON) -m venv .frontends/old
	grep -v '^ipywidgets==\|^jupyterlab_widgets==\|^widgetsnbextension==\|^jupyterlab==' constraints.txt > .frontends/constraints.txt
	.frontends/new/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable . ipykernel notebook voila "marimo>=0.25"
	.frontends/old/bin/python -m pip install --quiet --disable-pip-version-check --constraint .frontends/constraints.txt \
		--editable . ipykernel "ipywidgets==7.7.1" "jupyterlab==3.6.8"
	FRONTENDS_PYTHON=.frontends/new/bin/python OLD_FRONTENDS_PYTHON=.frontends/old/bin/python \
		$(BIN)/python -m pytest -n 2 --dist loadfile tests/frontends

test-lowest: chromium postgresql lowest-versions ## Python 3.11 with the lowest versions of all that is used, which are Colab's too
	@test -z "$(LOWEST_PYTHON)" || .versions/lowest/bin/python -m pytest $(IN_WORKERS) \
		-W ignore::DeprecationWarning $(OF_VERSIONS) $(TEST_OPTIONS)

test-newest: chromium postgresql newest-versions ## Python 3.13 with the newest versions of all that is used; a warning is an error
	@test -z "$(NEWEST_PYTHON)" || .versions/newest/bin/python -W error -m pytest $(IN_WORKERS) \
		$(OF_VERSIONS) $(TEST_OPTIONS)

lowest-versions:
	@test -n "$(LOWEST_PYTHON)" || echo "$(NO_PYTHON_3_11)" >&2
	@test -z "$(LOWEST_PYTHON)" || $(MAKE) --no-print-directory .versions/lowest/.test PYTHON="$(LOWEST_PYTHON)"

newest-versions:
	@test -n "$(NEWEST_PYTHON)" || echo "$(NO_PYTHON_3_13)" >&2
	@test -z "$(NEWEST_PYTHON)" || $(MAKE) --no-print-directory .versions/newest/.test PYTHON="$(NEWEST_PYTHON)"

lint: style ## lint, types, and the contracts between the rooms
	$(MYPY)

style: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

# The browser tests click in a real one; the system's packages have it, playwright brings none. Some
# of them have it without its windows, which takes half the time.
chromium:
	@$(HAS_CHROMIUM) || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get -qq update \
	&& for browser in chromium-headless-shell chromium; do apt-get -qq install -y \
	--no-install-recommends $$browser fonts-dejavu-core && break; done; } >/dev/null || true
	@$(HAS_CHROMIUM) || echo "$(NO_CHROMIUM)" >&2

# A ledger that a team shares is tested in a real server, which the tests start for themselves.
postgresql:
	@$(HAS_POSTGRESQL) || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get -qq update \
	&& apt-get -qq install -y --no-install-recommends postgresql; } >/dev/null || true
	@$(HAS_POSTGRESQL) || echo "$(NO_POSTGRESQL)" >&2

bench: $(VENV)/.test ## measure: a table of ratios
	$(BIN)/python tests/bench

docs: $(VENV)/.docs ## build the documentation site into site/
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going \
		--conf-dir docs --doctree-dir $(DOCTREES) . $(SITE)
	@echo "The documentation: $(abspath $(SITE))/index.html"

notebooks: $(VENV)/.lab ## run all notebooks and keep their outputs
	$(BIN)/python notebooks/execute.py --save

shareable: $(VENV)/.lab ## check that no notebook holds a key, a real number or a path
	$(BIN)/python notebooks/check.py

readme: $(VENV)/.test ## write the tables of the README from the code
	$(BIN)/python tests/documentation/tables.py
	$(BIN)/python tests/binder/badge.py
	$(BIN)/python tests/testing_plugin/page.py

clean: ## remove what was set up
	rm -rf $(VENV) site build .binder .kernels .versions .frontends .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …"; exit 1; }
	@echo "$(VENV): a new environment of $(PYTHON). Only this first time; it takes about a minute in all."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@touch $@

$(REPO2DOCKER):
	$(PYTHON) -m venv .binder/repo2docker
	.binder/repo2docker/bin/python -m pip install --quiet --disable-pip-version-check "jupyter-repo2docker==2026.4.0"

$(VENV)/.lab: $(VENV)/.python pyproject.toml constraints.txt
	@echo "$(VENV): installing sms_notebook and JupyterLab …"
	@$(INSTALL) --editable ".[lab]" $(DOTS)
	@$(COMPILE)
	@touch $@

# In one go with JupyterLab: pip finds out only once what fits together.
$(VENV)/.test: $(VENV)/.python pyproject.toml constraints.txt
	@echo "$(VENV): installing sms_notebook, JupyterLab and what the tests need …"
	@$(INSTALL) --editable ".[lab]" --group test --group docs $(DOTS)
	@$(COMPILE)
	@touch $(VENV)/.lab $(VENV)/.docs $@

$(VENV)/.docs: $(VENV)/.lab
	@echo "$(VENV): installing what the documentation needs …"
	@$(INSTALL) --group docs $(DOTS)
	@$(COMPILE)
	@touch $@

.versions/lowest/.test: pyproject.toml
	@$(PYTHON) -m venv --clear .versions/lowest
	@.versions/lowest/bin/python tests/package/lowest.py > .versions/lowest/constraints.txt
	@$(call versions_installed,.versions/lowest,--constraint .versions/lowest/constraints.txt)
	@touch $@

# What is newest is another day's newest: it is looked for each time.
.PHONY: .versions/newest/.test
.versions/newest/.test:
	@test -d .versions/newest || $(PYTHON) -m venv .versions/newest
	@$(call versions_installed,.versions/newest,--upgrade --upgrade-strategy eager)
