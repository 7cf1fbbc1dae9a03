# The two that matter: make run (the line, on sample media, through Airflow) and make test (everything).
# make help lists the others.

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup models run up down check test faults bench quality docs lock sbom clean

PY := .venv/bin/python
# The fast tests wait for the disk more than they compute; make test uses the disk.
FAST_TEMP := $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 1000000 ] 2>/dev/null \
	&& echo PYTEST_DEBUG_TEMPROOT=/dev/shm)

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: ## system packages and the locked Python environment; nothing twice
	@docker/setup.sh

models: setup ## the weights that the settings ask for, fetched and verified
	@.venv/bin/evidence models fetch --json >/dev/null

# `exec`: the command is then make's own child, and ends with it whatever happens to make.
run: setup ## the sample batch, or MEDIA=dir, through Airflow, with a report; OFFLINE=1 asks no model hub
	@exec $(PY) -m docker.run_sample $(if $(MEDIA),--media "$$MEDIA") $(if $(filter-out 0,$(OFFLINE)),--offline)

up: setup ## Airflow in the background, on 127.0.0.1
	@exec $(PY) -m docker.airflow_local up

down: setup ## end what make up started
	@exec $(PY) -m docker.airflow_local down

check: models ## format, lint, types, import contracts, fast tests
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@.venv/bin/lint-imports
	@.venv/bin/mypy & types=$$!; \
	env $(FAST_TEMP) .venv/bin/pytest -q -n 3 --dist worksteal -m "not slow"; tests=$$?; \
	wait $$types && exit $$tests

test: ## every test, with the models and the sample media that they need
	@docker/setup.sh test
	@$(PY) -m docker.run_sample --prepare $(if $(filter-out 0,$(OFFLINE)),--offline)
	@exec .venv/bin/pytest -n 2 --dist loadfile

faults: ## every interruption, loss, corruption and mutation, not only the few of make test: docs/faults.md
	@docker/setup.sh test
	@.venv/bin/pytest -n 2 tests/faults --long --table docs/faults.md
	@exec .venv/bin/pytest -s tests/hostile/long_*.py

bench: models ## each benchmark beside a peer measured in the same run; NAMES="photographs …" runs these alone
	@exec $(PY) -m bench.run $(NAMES)

quality: models ## how good the results are on the test media: docs/quality.md
	@exec $(PY) docs/quality.py

docs: ## write the reference pages from the code
	@$(PY) docs/generate.py

lock: ## write requirements.lock from the environment
	@$(PY) docker/lock.py

sbom: setup ## the bill of materials (CycloneDX): build/sbom.cdx.json
	@exec $(PY) -m docker.sbom

clean: ## remove the environment and what was built; state and models stay
	@rm -rf .venv build sample_media/built .mypy_cache .ruff_cache .pytest_cache .hypothesis
