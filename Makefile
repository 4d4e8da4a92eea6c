# Dawan Exchange. `make help` lists what can be made; nothing but Python >= 3.11 and make need be there before.

VENV ?= .venv
PY := $(VENV)/bin/python
ARGS ?=
SOAK_MEBIBYTES ?= 2048
SOAK_STEPS ?= 100000
SOAK_SPLITS ?= 2000000
SOAK_SECONDS ?= 60
STAMP := $(VENV)/.set-up
SHARING_STAMP := .venv-delta-sharing/.set-up
MESSAGES := $(wildcard locale/*/LC_MESSAGES/*.po)
# Without compiled modules each of the many processes here would compile thousands of them anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo serve stop status test lint types schema pytest spark-test soak bench messages lock system-packages clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the virtual environment from requirements.lock (done by the other targets when needed)

$(STAMP): requirements.lock $(MESSAGES)
	@./deploy/setup $(VENV)
	@touch $@

demo: $(STAMP) ## Run the whole trade over HTTP on real data, then stay up (ARGS=--once: exit when done)
	@$(PY) -m demo $(ARGS)

serve: $(STAMP) ## Run web, gateway, worker and beat on embedded servers (PORT=8000; DATABASE_URL, REDIS_URL to use others)
	@$(PY) -m config.supervisor serve $(ARGS)

stop: $(STAMP) ## Stop what serve or demo left running, and the embedded servers
	@$(PY) -m config.supervisor stop $(ARGS)

status: $(STAMP) ## Tell what runs
	@$(PY) -m config.supervisor status $(ARGS)

test: lint types schema pytest ## Everything that continuous integration checks

lint: $(STAMP) ## Style, format, import layers, missing migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	DATABASE_POOL_SIZE=0 $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

types: $(STAMP) ## mypy --strict on our packages
	$(VENV)/bin/mypy --strict

schema: $(STAMP) ## Generate and validate the OpenAPI document
	@mkdir -p var
	$(PY) manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml
	$(VENV)/bin/openapi-spec-validator var/openapi.yaml

pytest: $(STAMP) $(SHARING_STAMP) system-packages ## The tests, on real PostgreSQL and Redis (ARGS="tests/kernel -k proofs")
	$(VENV)/bin/pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

$(SHARING_STAMP): $(STAMP) requirements-delta-sharing.lock
	@./deploy/delta-sharing-client $(VENV)
	@touch $@

spark-test: $(STAMP) ## Check that the engine-neutral figures are the same on a local Spark (needs Java 17 or newer)
	@./deploy/spark-test $(VENV)

soak: $(STAMP) system-packages ## The long runs: kills with 2 GiB, 100,000 steps of money, millions of splits, a minute of 64 threads (SOAK_MEBIBYTES SOAK_STEPS SOAK_SPLITS SOAK_SECONDS)
	SOAK_MEBIBYTES=$(SOAK_MEBIBYTES) SOAK_STEPS=$(SOAK_STEPS) \
		SOAK_SPLITS=$(SOAK_SPLITS) SOAK_SECONDS=$(SOAK_SECONDS) $(VENV)/bin/pytest \
		tests/faults/test_large_files.py tests/marketplace/test_money_machine.py tests/settlements/test_fees.py \
		tests/settlements/test_many_threads.py $(ARGS)

bench: $(STAMP) ## Measure, as ratios to baselines of the same run (ARGS picks: loop ledger settlement books profiling catalogue relevance border gateway files sharing clean_room)
	@$(PY) -m bench $(ARGS)

messages: $(STAMP) ## Collect translatable texts into locale/ and compile them
	@$(PY) -m config.messages extract
	@$(PY) -m config.messages compile

lock: $(STAMP) ## Resolve pyproject.toml anew into requirements.lock and requirements-runtime.lock
	@./deploy/lock $(VENV)

system-packages: ## Install Chromium, a Chinese font and ssh for the tests where they are missing (Debian, Ubuntu)
	@./deploy/system-packages

clean: stop ## Remove the state folder (all data!) and the caches
	rm -rf var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
