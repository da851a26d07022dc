# careersurvey: what a person may want, one word each. `make` alone lists them.

COHORT ?= data/ofsted-2013
BASELINE ?=
JOBS ?=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
LOCKED := --require-hashes -r requirements.lock
SPARK := --no-deps --require-hashes -r requirements-spark.lock
OURS := --no-deps --no-build-isolation -e .
export MPLBACKEND := agg
# Networks that inspect traffic have their certificate in the system, where pip looks too.
export UV_SYSTEM_CERTS := true
# A machine that forbids bytecode would compile every import again in every kernel.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME JUPYTER_PATH VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help report shipped verify test spark r check lint docs lab axe bench clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  COHORT=data/ofsted-2013 names the survey, BASELINE=... the one to compare it with,"
	@echo "  JOBS=... how many notebooks run side by side."

report: $(VENV)/ready ## figures and report of COHORT, from its data
	@$(BIN)/careersurvey report "$(COHORT)" $(if $(BASELINE),--baseline "$(BASELINE)") $(if $(JOBS),--jobs $(JOBS))

shipped: $(VENV)/ready ## the report of every shipped cohort, the example beside 2013, and the tests that take long
	@for c in data/*/cohort.toml; do \
	  $(BIN)/careersurvey report "$$(dirname "$$c")" $(if $(JOBS),--jobs $(JOBS)) || exit 1; done
	@$(BIN)/careersurvey report data/example-2026 --baseline data/ofsted-2013 $(if $(JOBS),--jobs $(JOBS))
	@$(BIN)/python -m pytest -m shipped -n auto tests/presentation tests/inference/test_publishing.py \
	  tests/test_notebooks_on_other_cohorts.py tests/test_tutorials.py tests/test_cli_changes.py

check: $(VENV)/ready ## what is amiss in COHORT's files, if anything
	@$(BIN)/careersurvey check "$(COHORT)"

verify: $(VENV)/ready ## every exhibit of COHORT made again and compared with the published one
	@$(BIN)/careersurvey verify "$(COHORT)" $(if $(JOBS),--jobs $(JOBS))

# Neighbours stay together on a processor, so that what a module's tests share is made once.
test: $(VENV)/ready ## the tests
	@$(BIN)/python -m pytest -n auto --dist worksteal

spark: $(VENV)/ready ## the tests on Spark (needs Java)
	@uv --version >/dev/null 2>&1 && uv pip install -q --python $(BIN)/python $(SPARK) || \
	  $(PIP) $(SPARK)
	@$(BIN)/python -m pytest -rs -k spark tests/evidence/test_engines.py tests/inference/test_totals.py

r: $(VENV)/ready ## estimates of the example and of tests made again by R's survey (needs R)
	@Rscript -e 'quit(status = !requireNamespace("survey", quietly = TRUE))' >/dev/null 2>&1 || \
	  { echo "skipped: there is no R with its survey package here"; exit 0; }; \
	  rm -rf build/to-r && $(BIN)/careersurvey to-r data/example-2026 --output build/to-r && \
	  (cd build/to-r && Rscript estimates.R) && \
	  $(BIN)/python -m pytest -m r tests/inference/test_to_r.py

lint: $(VENV)/ready ## style of code and notebooks, and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# The report of 2013 and its executed notebooks go along, to look at without installing.
docs: COHORT := data/ofsted-2013
docs: report ## the site, build/site/index.html, its links checked
	@rm -rf build/docs && mkdir -p build/docs/notebooks-2013
	@cp build/ofsted-2013/report.html build/docs/report-2013.html
	@$(BIN)/jupyter nbconvert --log-level=WARN --to html --output-dir build/docs/notebooks-2013 build/ofsted-2013/notebooks/*.ipynb
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs build/site

lab: $(VENV)/ready ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

axe: report ## accessibility of COHORT's report in a real Chromium (needs chromium and npm)
	@benchmarks/axe "build/$$(sed -n 's/^id *= *"\(.*\)".*/\1/p' "$(COHORT)/cohort.toml" | head -1)/report.html"

bench: $(VENV)/ready ## how long it takes, as ratios against the plain way
	@for b in benchmarks/bench_*.py; do echo "$$b"; $(BIN)/python $$b || exit 1; done

clean: ## remove what was made and is not committed
	rm -rf build

# uv where it works (seconds), else pip (about a minute): the same lock, the same hashes. The file
# `ready` is made last, so that an installation that failed is begun anew. Fonts are looked up once
# here, or the first kernels would each do it and say so.
$(VENV)/ready: requirements.lock pyproject.toml
	@rm -f $@
	@echo "Installing the locked environment into $(VENV) ..."
	@uv --version >/dev/null 2>&1 && \
	  uv venv -q --clear --python $(PYTHON) $(VENV) && \
	  uv pip install -q --python $(BIN)/python --compile-bytecode $(LOCKED) && \
	  uv pip install -q --python $(BIN)/python $(OURS) || \
	{ $(PYTHON) -m venv --clear $(VENV) && $(PIP) $(LOCKED) && $(PIP) $(OURS); }
	@$(BIN)/python -c "import matplotlib.font_manager"
	@touch $@
