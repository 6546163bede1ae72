# `make demo` shows MaskGate at work, `make test` checks all of it; `make` alone lists the rest.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: demo web workbench docs test coverage faults bench tracking deb check lint types contracts format hooks lock clean help dev-venv peers edge-venv web-venv workbench-venv docs-venv tflite-venv broker strace chromium docs-scripts
MAKEFLAGS += --no-print-directory
# Tests start hundreds of processes: without bytecode each would compile the project.
export PYTHONDONTWRITEBYTECODE :=

# The first Python from 3.11 to 3.13 that is found.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
IS_311 := import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c "$(FITS)" 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
PEERS = .venv-peers
# One more than the cores of the smallest machine: some tests wait for other programs.
JOBS ?= 3
TESTS = $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
UV_VERSION = 0.13.8
SUITE ?= trixie
ARCH ?= arm64

demo: edge-venv broker  ## set up the device's install and play the built-in clip through the real daemon
	@.venv-edge/bin/maskgate demo

web: web-venv  ## set up the pages, play the built-in clip over and over, and serve what the device sees
	@.venv-web/bin/maskgate web --demo

workbench: workbench-venv  ## set up the workbench, and open it with data and runs of its own making
	@.venv-workbench/bin/maskgate-train workbench --example --open

test:  ## check everything; installs Mosquitto, strace and Chromium from Debian, as root
	@$(MAKE) broker strace chromium tflite-venv & beside=$$!; \
		$(MAKE) docs-scripts lint contracts; status=$$?; wait $$beside && exit $$status
	@$(MAKE) types & types=$$!; $(TESTS); status=$$?; wait $$types && exit $$status

coverage: dev-venv tflite-venv broker strace chromium  ## the same tests, and which lines and branches they reach
	@$(TESTS) --cov --cov-report=term

faults: dev-venv broker strace  ## hours: kill, cut off, fill and damage it as often as docs/results/reliability.md says
	@rm -f .faults.jsonl
	@FAULTS_RESULTS=.faults.jsonl nice $(BIN)/pytest -n $(JOBS) -m faults tests/faults tests/fuzz tests/edge/daemon; status=$$?; \
		if [ -f .faults.jsonl ]; then $(BIN)/python scripts/faults_table.py .faults.jsonl; fi; exit $$status

bench: edge-venv  ## measure speed, memory and time to ready on this machine
	@.venv-edge/bin/maskgate bench

docs: docs-venv  ## build the documents as a site, with search, in build/site
	@.venv-docs/bin/python scripts/docs_site.py

deb: dev-venv  ## build dist/maskgate_*.deb; SUITE=bookworm or trixie, ARCH=arm64 or amd64
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@packaging/deb.sh $(BIN) $(SUITE) $(ARCH)

tracking: peers  ## measure the tracker beside ByteTrack and norfair, minutes; with ARGS="--seeds 1" sooner
	@PYTHONPATH=.:$(PEERS) $(BIN)/python -m scripts.tracking.benchmark $(ARGS)

check: lint types contracts  ## what needs no test run: lint, types, import contracts

lint: dev-venv  ## ruff's rules and format
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Run: make format"; exit 1; }

types: dev-venv  ## mypy, strict
	@$(BIN)/mypy

contracts: dev-venv  ## who may import whom
	@$(BIN)/lint-imports --no-logo

format: dev-venv  ## rewrite the code in ruff's format
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

hooks: dev-venv  ## run lint, types and contracts before every commit
	@$(BIN)/pre-commit install

lock: dev-venv  ## resolve requirements/*.txt anew
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@scripts/lock.sh $(BIN)/uv

clean:  ## remove what these commands made
	@rm -rf $(VENV) .venv-edge .venv-web .venv-workbench .venv-docs .venv-tflite $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage* coverage.xml build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "PYTHON=python3.13 names a Python, MOSQUITTO=skip leaves the system's packages alone."

dev-venv:
	@scripts/venv.sh $(VENV) requirements/dev.txt "$(PYTHON)"
	@scripts/pips.sh $(VENV)

peers: dev-venv
	@scripts/peers.sh $(PEERS) $(BIN)/python

edge-venv:
	@scripts/venv.sh .venv-edge requirements/edge.txt "$(PYTHON)"

web-venv:
	@scripts/venv.sh .venv-web requirements/web.txt "$(PYTHON)"

workbench-venv:
	@scripts/venv.sh .venv-workbench requirements/workbench.txt "$(PYTHON)"

docs-venv:
	@scripts/venv.sh .venv-docs requirements/docs.txt "$(PYTHON)"

# tflite-runtime has no packages past Python 3.11.
tflite-venv:
	@for p in "$(PYTHON)" python3.11; do \
		if $$p -c "$(IS_311)" 2>/dev/null; then \
			exec scripts/venv.sh .venv-tflite requirements/tflite.txt $$p; fi; \
	done; echo "No Python 3.11: the tests with tflite-runtime are skipped."

broker:
	@scripts/mosquitto.sh

strace:
	@scripts/strace.sh

chromium:
	@scripts/chromium.sh

docs-scripts: dev-venv
	@$(BIN)/python scripts/docs_site.py --scripts || echo "The diagrams of the site are not tested."
