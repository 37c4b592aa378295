# Warren's tasks. Every one of them makes .venv first when it is missing or pyproject.toml changed: with what judging
# needs for `make conformance`, with all tools for the others.
#
#   make conformance   judge the reference implementation: table, and the path of the JSON report
#   make test          everything there is to test
#   make check         static checks: lint, format, types, imports (ruff, mypy, import-linter)
#   make coverage      as test, with the coverage of our own code
#   make benchmark     the figures of the README; it starts its own brokers, RabbitMQ in Docker among them
#   make claims        write what every faulty manifest claims, after hardened's claims or a denial changed
#   make picture       draw docs/architecture.svg anew from the code's imports
#   make lab           the document's laboratory in Docker, to follow by hand; make lab-down ends it
#   make clean         remove what these tasks made
#
# PYTEST_ARGS goes to pytest: make test PYTEST_ARGS='--broker docker:3.10'. CASES=conformance/consumers leaves out the
# broker's own cases. WORKERS is how many cases are judged at once: they wait more than they work, so that two cores
# serve eight.

PYTHON ?= python3
PYTEST ?= pytest
BIN := .venv/bin
REPORT ?= reports
CASES ?= conformance
WORKERS ?= 8
COMPOSE := $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.PHONY: conformance test check lint format types imports coverage benchmark claims picture lab lab-down clean
.DEFAULT_GOAL := conformance

.venv: .venv/installed

.venv/judging: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Warren needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { echo "Python cannot make virtual environments here: apt-get install python3-venv" >&2; exit 1; }
	@# Another Python's would be mixed with this one's.
	$(PYTHON) -m venv --clear .venv
	@# Debian's pip takes more than twice as long to find out what to install.
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --no-compile --editable .
	@# On all cores, and ours too, which pip leaves out: hundreds of consumers start and must not compile what they import.
	$(BIN)/python -m compileall -qq -j 0 .venv/lib warren reference_impl || true # a package may have a template
	@touch $@

.venv/installed: .venv/judging
	$(BIN)/pip install --quiet --editable '.[dev,clients]'
	@touch $@

conformance: .venv/judging
	$(BIN)/pytest -n $(WORKERS) $(CASES) --report $(REPORT) $(PYTEST_ARGS)

test: .venv/installed
	$(BIN)/$(PYTEST) -n 4 $(PYTEST_ARGS)

check: lint format types imports

lint: .venv/installed
	$(BIN)/ruff check

format: .venv/installed
	$(BIN)/ruff format --check

types: .venv/installed
	$(BIN)/mypy
	cd implementations/aio-pika && ../../$(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache --package orders
	cd implementations/kombu && ../../$(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache --package workers
	$(BIN)/mypy .ci/laboratory.py .ci/summary.py docs/architecture.py

imports: .venv/installed
	$(BIN)/lint-imports

coverage: .venv/installed
	$(BIN)/coverage erase
	$(MAKE) test PYTEST='coverage run -m pytest'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

benchmark: .venv/installed
	$(BIN)/python -m benchmarks.model
	$(BIN)/python -m benchmarks.relay
	$(BIN)/python -m benchmarks.case_overhead
	$(BIN)/python -m benchmarks.broker
	$(BIN)/python -m benchmarks.suite --broker docker:4.3 --database sqlite

claims: .venv/judging
	$(BIN)/python -m tests.conformance.claims

picture: .venv/installed
	$(BIN)/python docs/architecture.py

lab:
	$(COMPOSE) up --detach --build

lab-down:
	$(COMPOSE) down --volumes --remove-orphans

clean:
	rm -rf .venv build dist reports *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage*
