# Every target sets itself up: `.venv` is made from requirements.lock on first use, and again when the lock file changes.
# There is nothing to install by hand before `make run` or `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

HOST ?= 127.0.0.1
PORT ?= 8000
EXCHANGE_PORT ?= 9000
DATA_DIR ?= data

.PHONY: run test lint format lock bench simulate clean

run: $(READY)
	@exec $(BIN)/locksley up --host $(HOST) --port $(PORT) --exchange-port $(EXCHANGE_PORT) --data-dir $(DATA_DIR) --demo

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Writes requirements.lock anew from pyproject.toml: every package, every Python from 3.11 up, with hashes.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --group pyproject.toml:dev pyproject.toml -o requirements.lock $(ARGS)

$(READY): requirements.lock pyproject.toml
	@scripts/make-environment "$(PYTHON)" "$(VENV)"
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
