# Each target makes what it needs, and is safe to run twice.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-fast check bench docs clean

demo: .venv/light  ## cut out a sample photo, offline
	$(BIN)/mattebox remove examples/lemur.jpg --output demo --sheet --overwrite
	@echo "The cut-out is demo/lemur_cutout.png; before and after are side by side in demo/lemur_sheet.jpg."

test: .venv/full check  ## everything that must hold before a change is done
	$(BIN)/python -m pytest -n 2

test-fast: .venv/full  ## the same without the slow tests
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

.venv/python:
	$(PYTHON) -m venv .venv
	@touch $@

.venv/light: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

.venv/full: .venv/light requirements-dev.txt
	$(PIP) --editable '.[train,solvers]' --requirement requirements-dev.txt
	@touch $@

.venv/bench: .venv/full
	$(PIP) pymatting matplotlib
	@touch $@

clean:
	rm -rf .venv .venv-rembg .venv-transformers demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
