# The portal's commands; `make help` lists them. Only Python 3.11 or newer and make are needed beforehand.

PYTHON ?= python3
RUN := .venv/bin/python
TESTS_VAR := $(CURDIR)/var/test
BENCH_VAR := var/bench

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test lint bench lock messages screenshots stop clean

help: ## Show the commands
	@echo "make <command>, where the command is one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what the portal runs on into .venv
	@$(PYTHON) portal/operations/install.py runtime

setup-dev:
	@$(PYTHON) portal/operations/install.py dev

demo: setup ## Run the portal with a demo company until Ctrl-C (PORT=8000 HOST=127.0.0.1; RESET=1 starts over)
	@$(RUN) -m portal.operations.demo

test: setup-dev ## Run every test (ARGS="tests/pricing -k tier" for some)
	@$(RUN) -m pytest -n 2 $(ARGS)

lint: setup-dev ## Check style, imports between rooms, types and migrations
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	@if [ -d templates ]; then find templates -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --check --target-version 5.2; fi
	.venv/bin/lint-imports
	$(RUN) -m mypy
	PORTAL_VAR=$(TESTS_VAR) $(RUN) manage.py makemigrations --check --dry-run

bench: setup-dev ## Run the benchmarks, one JSON line each (WHAT=name for one)
	@$(RUN) -m tests.bench $(WHAT)

lock: setup-dev ## Lock requirements*.in into requirements*.txt (UPGRADE=1 for newer versions)
	@for name in requirements requirements-dev; do \
		CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/pip-compile --quiet --strip-extras --allow-unsafe \
			--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
			$(if $(UPGRADE),--upgrade) --output-file $$name.txt $$name.in || exit 1; \
	done

messages: setup-dev ## Bring the Chinese catalogue up to date and list what lacks Chinese
	@$(RUN) manage.py messages

screenshots: setup-dev ## Take the pictures of the README from the running demo
	@$(RUN) -m tests.browser.screenshots

stop: ## Stop the demo and the embedded servers
	@if [ -x $(RUN) ]; then $(RUN) -m portal.operations.demo stop && \
		$(RUN) -m portal.operations.embedded stop --var $(TESTS_VAR) && \
		$(RUN) -m portal.operations.embedded stop --var $(BENCH_VAR); fi

clean: stop ## Delete .venv, the demo's data and everything else that was made here
	@if [ -x $(RUN) ]; then $(RUN) -m portal.operations.embedded destroy && \
		$(RUN) -m portal.operations.embedded destroy --var $(TESTS_VAR) && \
		$(RUN) -m portal.operations.embedded destroy --var $(BENCH_VAR); fi
	@rm -rf var .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -prune -exec rm -rf {} + -o -name '*.mo' -exec rm -f {} +
