# The front door. Needs Python 3.11+, pip, venv and make; everything else is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo crawl test test-slow check format bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(READY)  ## make .venv with .venv/bin/warraq

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Warraq needs Python 3.11 or newer; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

demo: setup  ## run the main job offline, on a miniature of the five outlets, into ./archive
	$(BIN)/warraq demo

crawl: setup  ## run the main job against the live web (set WARRAQ_CONTACT first)
	$(BIN)/warraq crawl

test: setup  ## run the tests, the slow ones left out
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

test-slow: setup  ## run the slow tests
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

check: setup  ## lint, types, rooms, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## measure: crawl, reading, storage requests, memory
	$(BIN)/python -m infra.bench

lock: setup  ## renew requirements.lock from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --extra dev --python-version 3.11 --quiet -o requirements.lock pyproject.toml

clean:  ## remove .venv and caches; never the archive
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
