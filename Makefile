# The front door. Needs Python 3.11+, pip, venv and make; everything else is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
# Two more than there are cores: tests wait for processes, sockets and disks a third of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')
READY := .venv/.ready
# The readers that ours is measured against want older versions of what we use: they have a place of their own.
EVAL := .venv-eval
# So do the replay tools that judge our WARC and WACZ, and the distributed engine.
REPLAY := .venv-replay
ENGINE := .venv-engine
# And the emulator of AWS, which pins what it is built on.
MINISTACK := .venv-ministack
# And what builds the documentation site.
DOCS := .venv-docs
COMPILE = $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet
LOCK = $(COMPILE) pyproject.toml

.PHONY: help setup runtime demo crawl test test-slow test-replay test-browser test-engine test-ceph test-ministack check picture chaos format bench eval docs lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(READY)  ## make .venv with .venv/bin/warraq

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Warraq needs Python 3.11 or newer; set PYTHON=")'
	@echo "Setting up .venv (1 of 3): Python's own part …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@echo "Setting up .venv (2 of 3): the packages of $<, checked by hash; a minute or two, five on a slow machine …"
	@$(BIN)/python infra/installing.py $<
	@echo "Setting up .venv (3 of 3): Warraq itself …"
	@$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

runtime: requirements-runtime.lock  ## make .venv as a deployment has it: what runs, without what tests and checks
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Warraq needs Python 3.11 or newer; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	@echo "Setting up .venv: the packages of $<, checked by hash; a minute or two …"
	@$(BIN)/python infra/installing.py $<
	$(BIN)/python -m pip install --quiet --no-deps .

demo: setup  ## run the main job offline, on a miniature of the five outlets, into ./archive
	@echo "Ready; the demo begins."
	$(BIN)/warraq demo

crawl: setup  ## run the main job against the live web (set WARRAQ_CONTACT first)
	$(BIN)/warraq crawl

# Each of the processes that run tests would compile them anew where Python is told to keep nothing that it compiles; and what is
# installed is compiled, so what is measured is to be.
bench test test-slow: export PYTHONDONTWRITEBYTECODE =

test: setup  ## run the tests, the slow ones left out
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not ceph and not ministack and not browser"

test-slow: setup  ## run the slow tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "slow and not ceph and not ministack and not browser"

test-replay: setup $(REPLAY)/.ready  ## replay our captures with pywb, validate our WACZ
	WARRAQ_REPLAY_BIN=$(CURDIR)/$(REPLAY)/bin $(BIN)/python -m pytest -m replay

test-browser: setup  ## the reader, and our WACZ in ReplayWeb.page, in a real browser (needs chromium and npm)
	$(BIN)/python -m pytest -m browser

test-engine: $(ENGINE)/.ready  ## read an archive again on a cluster of two workers
	$(ENGINE)/bin/python -m pytest -m engine

test-ceph: setup  ## keep, kill and verify on a real S3 server: Ceph's, from Debian's packages
	-$(BIN)/python -m infra.testing.ceph
	TEST_CEPH=1 $(BIN)/python -m pytest -m ceph tests/ceph

test-ministack: setup $(MINISTACK)/.ready  ## the same on an emulator of AWS, and SQS, SNS and EventBridge
	TEST_MINISTACK=$(CURDIR)/$(MINISTACK)/bin/ministack $(BIN)/python -m pytest -m ministack tests/ministack

check: setup  ## lint, types, rooms, known advisories, that pages are read as well as ever, and that kills lose nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m infra.audit
	$(BIN)/python -m infra.eval --check
	$(BIN)/python -m infra.chaos --seed 1 --kills 9 --kills-a-round 3 --rounds 3 --archive folder --world crowd

picture: setup  ## make the picture of the reader in README.md anew (needs chromium)
	$(BIN)/python -m infra.testing.reader_picture

chaos: setup  ## kill crawls and watches a thousand times over places that fail, and count what is left (half an hour)
	$(BIN)/python -m infra.chaos --kills 1000 $(ARGS)

format: setup  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## measure: crawl, reading, storage, captures, memory (ARGS="--only crawl")
	$(BIN)/python -m infra.bench $(ARGS)

eval: $(EVAL)/.ready  ## measure reading against gold, beside other readers (ARGS=--update raises the floors)
	$(EVAL)/bin/python -m infra.eval $(ARGS)

docs: setup $(DOCS)/.ready  ## build the documentation site into build/docs, strictly
	$(BIN)/python -m infra.docs
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --quiet --strict -f build/docs-source/mkdocs.yml
	@echo "Open build/docs/index.html, or: $(PYTHON) -m http.server -d build/docs"

$(DOCS)/.ready: requirements-docs.lock
$(EVAL)/.ready: requirements-eval.lock
$(REPLAY)/.ready: requirements-replay.lock
$(ENGINE)/.ready: requirements-engine.lock pyproject.toml
$(MINISTACK)/.ready: requirements-ministack.lock

$(EVAL)/.ready $(REPLAY)/.ready $(ENGINE)/.ready $(MINISTACK)/.ready $(DOCS)/.ready:
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --upgrade pip
	$(@D)/bin/python -m pip install --quiet --require-hashes -r $<
	test $(@D) != $(ENGINE) || $(@D)/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

lock: setup  ## renew the lock files from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(LOCK) --extra dev -o requirements.lock
	$(LOCK) --extra redis --extra seal --extra notify --extra serve --constraint requirements.lock -o requirements-runtime.lock
	$(LOCK) --extra eval -o requirements-eval.lock
	$(LOCK) --extra replay -o requirements-replay.lock
	$(COMPILE) --group docs -o requirements-docs.lock
	$(LOCK) --extra dev --extra dask -o requirements-engine.lock
	$(COMPILE) --group ministack -o requirements-ministack.lock

clean:  ## remove .venv and caches; never the archive
	rm -rf .venv $(EVAL) $(REPLAY) $(ENGINE) $(MINISTACK) $(DOCS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
