# Every command of the project, set-up included: `make demo` and `make test` are all one needs.

VENV ?= .venv
PYTHON ?= python3 python3.13 python3.12 python3.11
LOCK_PYTHONS ?= python3.11 python3.12 python3.13

BIN := $(VENV)/bin
READY := $(VENV)/ready

STUDIES := $(filter-out experiments/honesty.toml,$(wildcard experiments/*.toml))

.PHONY: help demo gallery lab screenshots test slow slurm check test-newest bench docs golden lock clean
.DEFAULT_GOAL := help

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## Compare six management styles in one world; results and figures in results/demo
	rm -rf results/demo
	$(BIN)/cocreate compare open_source directive contest toolkit foundation commons steward --seeds 40 --out results/demo

gallery: $(READY) ## Do the studies of experiments/ anew, some ten minutes; tables and figures in results/gallery
	@mkdir -p results/gallery
	@set -e; for file in $(STUDIES); do \
		name=$$(basename $$file .toml); \
		$(BIN)/cocreate sweep $$file --out results/.gallery/$$name; \
		cp results/.gallery/$$name/summary.csv results/gallery/$$name.csv; \
		cp results/.gallery/$$name/figure.png results/gallery/$$name.png; \
	done
	rm -rf results/.gallery

lab: $(READY) ## Fetch what the page of `cocreate lab` draws with, into sim/web/vendor; needs npm
	npm ci --prefix sim/web --ignore-scripts --no-audit --no-fund
	$(BIN)/python -c "import sim.web.assets; print(*sim.web.assets.gather(), sep='\n')"

screenshots: $(READY) ## Take pictures of every tab of the lab, to be looked at, into results/lab; needs Chromium
	$(BIN)/python tests/web/browser/screenshots.py results/lab

test: $(READY) ## Run the tests, a few minutes
	$(BIN)/python -m pytest -n auto

slow: $(READY) ## Run the slow tests: published tables, a fresh installation
	$(BIN)/python -m pytest -n auto -m slow

slurm: $(READY) ## Run a study on a real SLURM of this machine's own: needs slurmctld, slurmd, munge, and root
	$(BIN)/python -m pytest -n 0 -m slow tests/verification/test_slurm.py

check: $(READY) ## Check format, style, types and the direction of imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@test ! -x sim/web/node_modules/.bin/tsc || sim/web/node_modules/.bin/tsc --noEmit --project sim/web

test-newest: ## Run the Mesa tests on the newest Mesa, which needs Python 3.12 or later
	@.ci/make-venv $(VENV)-newest python3.13 python3.12 || { test $$? -eq 3 && \
		echo "Skipped: the newest Mesa needs a python3.12 or python3.13" && exit 0; } && \
	$(VENV)-newest/bin/python -m pytest tests/test_model.py

bench: $(READY) ## Measure the core against its goals, plain Mesa agents and C, some 20 minutes
	$(BIN)/python -m benchmarks.core

docs: $(READY) ## Write the docs' tables anew, from where what they list is declared
	@mkdir -p docs
	$(BIN)/python -c "import pathlib, sim.reference; pathlib.Path('docs/parameters.md').write_text(sim.reference.parameters(), 'utf-8')"
	$(BIN)/python -c "import pathlib, sim.reference; sim.reference.fill(pathlib.Path('docs/odd.md'))"

golden: $(READY) ## Record anew the bits that every machine must give; say why in the changelog
	$(BIN)/python tests/golden.py

lock: ## Pin the newest versions anew for every supported Python
	@set -e; for python in $(LOCK_PYTHONS); do .ci/lock $$python; done

clean: ## Remove the environments, caches and what was fetched, never results
	rm -rf $(VENV) $(VENV)-newest .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		sim/web/node_modules sim/web/vendor

$(READY): pyproject.toml $(wildcard .constraints/*.txt) .ci/make-venv
	@.ci/make-venv $(VENV) $(PYTHON)
	@touch $@
