# careersurvey: what a person may want, one word each. `make` alone lists them.

COHORT ?= data/ofsted-2013
BASELINE ?=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export MPLBACKEND := agg
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME JUPYTER_PATH

.DEFAULT_GOAL := help
.PHONY: help report test check lint lab axe bench clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  COHORT=data/ofsted-2013 names the survey, BASELINE=... the one to compare it with."

report: $(VENV)/ready ## figures and report of COHORT, from its data
	@$(BIN)/careersurvey report $(COHORT) $(if $(BASELINE),--baseline $(BASELINE))

check: $(VENV)/ready ## what is amiss in COHORT's files, if anything
	@$(BIN)/careersurvey check $(COHORT)

test: $(VENV)/ready ## the tests
	@$(BIN)/python -m pytest

lint: $(VENV)/ready ## style of code and notebooks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

lab: $(VENV)/ready ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

axe: $(VENV)/ready ## accessibility of the report in a real Chromium (needs chromium and npm)
	@benchmarks/axe build/$(notdir $(COHORT))/report.html

bench: $(VENV)/ready ## how long it takes, as ratios against the plain way
	@for b in benchmarks/bench_*.py; do echo "$$b"; $(BIN)/python $$b || exit 1; done

clean: ## remove what was made and is not committed
	rm -rf build

# uv where it is there (seconds), else pip (about a minute): the same lock, the same hashes.
$(VENV)/ready: requirements.lock pyproject.toml
	@echo "Installing the locked environment into $(VENV) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --clear --python $(PYTHON) $(VENV) && \
	  uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv --clear $(VENV) && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@
