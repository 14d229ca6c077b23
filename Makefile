# Shudi 书递. `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help python setup train run test check format nlu-report bench clean

# The first Python that runs and is new enough (a pyenv shim may exist and fail: so each is run to know);
# once set-up has been, the environment's own.
ifndef PYTHON
PYTHON := $(shell for p in $(if $(wildcard .venv/bin/uv),.venv/bin/python) python3.13 python3.12 python3.11 python3 python python3.14; do \
	"$$p" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 15)))' >/dev/null 2>&1 && { command -v "$$p"; break; }; done)
endif
BIN := .venv/bin

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Shudi needs Python 3.11 to 3.14, and found only $$(python3 --version 2>/dev/null || echo no Python at all): install one, or name one with make PYTHON=/path/to/python3.11." >&2; \
		exit 1; fi

setup: python ## Build or refresh both environments (nothing to do: 0.2 s)
	@"$(PYTHON)" tools/bootstrap.py

train: setup ## Train the dialogue model when its sources changed
	@$(BIN)/shudi train

run: train ## Set up, train if needed, seed the demo library, start everything
	@$(BIN)/shudi demo seed --if-empty
	@exec $(BIN)/shudi run

test: train ## Every test, every layer
	@$(BIN)/python -m pytest -q

check: setup ## Formatting, lint, types, import contracts, documentation
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/docs

format: setup ## Put the code in order
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

nlu-report: train ## Understanding: cross-validation and the held-out set
	@.venv-rasa/bin/python tools/nlu_report.py

bench: setup ## List the benchmarks and how to run each
	@$(BIN)/python tools/benchmarks.py

clean: ## Remove what was built (environments, model, caches); never the data directory
	rm -rf .venv .venv-rasa models results .rasa .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
