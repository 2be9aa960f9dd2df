# Each target makes what it needs, and is safe to run twice.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PROGRAMS := chromium redis-server
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo -n)

.PHONY: demo test test-fast check bench docs programs clean

demo: .venv/light  ## cut out a sample photo, offline
	$(BIN)/mattebox remove examples/lemur.jpg --output demo --sheet --overwrite
	@echo "The cut-out is demo/lemur_cutout.png; before and after are side by side in demo/lemur_sheet.jpg."

test: .venv/full .venv/node programs check  ## everything that must hold before a change is done
	$(BIN)/python -m pytest -n 2

test-fast: .venv/full .venv/node programs  ## the same without the slow tests
	$(BIN)/python -m pytest -n 2 -m "not slow"

check: .venv/full  ## lint, format, types, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/bench  ## speed and memory, side by side; see docs/benchmarks.md
	$(BIN)/python -m benchmarks

docs: .venv/light  ## write docs/models.md from the cards
	$(BIN)/python -m mattebox.zoo.document > docs/models.md.new
	mv docs/models.md.new docs/models.md

programs:  ## a browser and a Redis for the tests of the server: Debian's packages, where a program of that name is missing
	@missing=; for program in $(PROGRAMS); do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	test -z "$$missing" || { \
	    $(AS_ROOT) apt-get -qq update \
	    && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install $$missing >/dev/null; \
	} || { echo "The tests of the server need$$missing. As root: apt-get install$$missing" >&2; exit 1; }

.venv/python:
	$(PYTHON) -m venv .venv
	@touch $@

.venv/light: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

.venv/full: .venv/light requirements-dev.txt
	$(PIP) --editable '.[label,serve,solvers,train]' --requirement requirements-dev.txt
	@touch $@

.venv/node: .venv/python  # remove.bg's client for Node, where there is a Node; the tests go on without it
	@mkdir -p $@
	@! command -v npm >/dev/null \
	|| npm install --silent --no-audit --no-fund --ignore-scripts --prefix $@ remove.bg@1.3.0 \
	|| echo "npm could not install remove.bg: its test is left out"
	@touch $@

.venv/bench: .venv/full
	$(PIP) pymatting matplotlib
	@touch $@

clean:
	rm -rf .venv .venv-carvekit .venv-datumaro .venv-rembg .venv-transformers demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
