# Every target sets itself up: `.venv` is made from the lock files on first use, and again when they change: for `make run` with what
# that needs (requirements-run.lock), for all others with everything (requirements.lock).
# There is nothing to install by hand before `make run` or `make test`.

# Or name one: make PYTHON=python3.12
PYTHON ?= $(shell scripts/quickest-python)
VENV := .venv
BIN := $(VENV)/bin
# What `make run` needs, and what everything needs.
RUNNABLE := $(VENV)/.runnable
READY := $(VENV)/.ready
PAGE := locksley/web/static/index.html
PAGE_SOURCES := $(shell find frontend -name node_modules -prune -o -type f -print)

HOST ?= 127.0.0.1
PORT ?= 8000
EXCHANGE_PORT ?= 9000
DATA_DIR ?= data
SITE ?= build/docs

LOCK := $(BIN)/uv pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench bench-setup simulate mutants fuzz kills trading-days lock clean page screenshots wheel docs

help: ## this list
	@echo "make TARGET [NAME=value]; the targets are"
	@awk -F ':.* ## ' '/^[a-z-]+:.* ## / { printf "  %-14s%s\n", $$1, $$2 }' Makefile

run: $(RUNNABLE) $(PAGE) ## the broker and a paper exchange, until Ctrl-C: PORT=8000 EXCHANGE_PORT=9000 DATA_DIR=data HOST=127.0.0.1
	@exec $(BIN)/locksley up --host "$(HOST)" --port "$(PORT)" --exchange-port "$(EXCHANGE_PORT)" --data-dir "$(DATA_DIR)" --demo

test: $(READY) $(PAGE) ## every test, or those named: ARGS="tests/orders -k cancel"
	$(BIN)/python -m pytest $(ARGS)

lint: $(READY) frontend/node_modules/.ready ## format, style, types, and which way the imports point
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PATH="$(abspath $(BIN)):$$PATH" npm --prefix frontend run --silent check

format: $(READY) ## put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: bench-setup ## the measurements, beside their references: ARGS="prices --short"; ARGS=--help says what there is
	$(BIN)/python -m bench $(or $(ARGS),all)

bench-setup: $(READY) .venv-bench/.ready ## what only the measurements compare with, in an environment of its own

kills: $(READY) ## a broker killed again and again under load, then held against the exchange: ARGS="--kills 50"
	$(BIN)/python -m tests.kills $(ARGS)

simulate: $(READY) ## real services on a simulated clock, network and disk, with faults: SEEDS=100 START=1
	$(BIN)/python -m simulation $(if $(SEEDS),--seeds $(SEEDS)) $(if $(START),--start $(START)) $(ARGS)

mutants: $(READY) ## does the simulation notice when a safeguard is taken out?
	$(BIN)/python -m simulation.mutants $(ARGS)

fuzz: $(READY) ## whatever the API description allows, and much that it does not, against the real broker: EXAMPLES=200
	FUZZ_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/python -m pytest tests/openapi/test_fuzz.py --timeout 3600 $(ARGS)

trading-days: $(READY) ## 50 people and 1,000 watchers through recorded days, checked to the share and the cent
	$(BIN)/python -m tests.acceptance.trading_days $(ARGS)

page: $(PAGE) ## build the page that the broker serves; Node comes with the environment

screenshots: $(READY) $(PAGE) ## every screen, dark and light, phone and wide, into docs/pictures
	$(BIN)/python -m tests.page.screenshots $(ARGS)

wheel: $(READY) $(PAGE) ## dist/*.whl, the built page in it
	$(BIN)/hatchling build -t wheel

docs: $(READY) ## the documentation as a site: build/docs/index.html
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --conf-dir docs . $(SITE)

lock: $(READY) ## write both lock files anew from pyproject.toml: every package, every Python from 3.11 up, with hashes
	$(LOCK) --group pyproject.toml:run --group pyproject.toml:dev --group pyproject.toml:docs --extra traces -o requirements.lock $(ARGS)
	$(LOCK) --group pyproject.toml:run --constraint requirements.lock -o requirements-run.lock

clean: ## remove the environment, the tools' caches and the site; the data directory stays
	rm -rf $(VENV) .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build/docs

$(RUNNABLE): requirements-run.lock pyproject.toml scripts/make-environment
	@scripts/make-environment "$(PYTHON)" "$(VENV)" requirements-run.lock
	@touch $@

$(READY): requirements.lock $(RUNNABLE)
	@scripts/make-environment "$(PYTHON)" "$(VENV)" requirements.lock
	@touch $@

# What the benchmarks compare with is installed apart, and only for them.
.venv-bench/.ready: requirements.lock bench/requirements.txt $(READY)
	@$(BIN)/uv venv --quiet --allow-existing .venv-bench
	@$(BIN)/uv pip install --quiet --system-certs --python .venv-bench/bin/python -r requirements.lock -r bench/requirements.txt
	@touch $@

frontend/node_modules/.ready: frontend/package-lock.json frontend/package.json | $(RUNNABLE)
	@PATH="$(abspath $(BIN)):$$PATH" npm --prefix frontend ci --loglevel error --no-audit --no-fund >/dev/null
	@touch $@

$(PAGE): frontend/node_modules/.ready $(PAGE_SOURCES) | $(RUNNABLE)
	@PATH="$(abspath $(BIN)):$$PATH" npm --prefix frontend run --silent build -- --logLevel warn
	@touch $@
