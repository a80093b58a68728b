# Every verb of the checkout. A recipe is one or two lines that you can type yourself.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) deploy/bootstrap/oldest_python.py && PYTHONPATH=deploy $(PYTHON) -m bootstrap
BIN = .venv/bin
SOURCES = packages churn-service marketing-service gateway loadtests deploy docs benchmarks
TYPED = -p churn_contract -p service_kit -p churn_service -p marketing_service -p gateway_keys -p churn_loadtests

.DEFAULT_GOAL := help
.PHONY: help demo up campaign import train loadtest status logs down clean doctor bootstrap bootstrap-undo bootstrap-selftest test lint format lock lock-check bench-training bench-serving docs environment

##@ See it
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## A whole campaign as local processes, with Python only (ONCE=1 ends after the report)
	@$(BOOTSTRAP) environment-demo && $(BOOTSTRAP) demo

##@ Run the stack (needs a container engine)
up: ## Check, build, start, wait until healthy (DATA=my.csv CONFIG=train.toml for your own table)
	@$(BOOTSTRAP) up

campaign: ## Plan, launch, wait and report a campaign through the gateway (FILE=spring.toml for your own)
	@$(BOOTSTRAP) campaign

import: ## Import your own customers (FILE=people.csv); refused rows are saved beside the file
	@$(BOOTSTRAP) import

train: ## Train again on the stack's table; a better model takes over, a worse one is refused (exit code 3)
	@$(BOOTSTRAP) require-stack
	docker compose run --rm -T --no-deps --entrypoint churn trainer train --data /data/train.csv --config /data/train.toml

loadtest: ## 60 s of predictions at a fixed arrival rate; exit code 1 when a budget breaks
	@$(BOOTSTRAP) require-stack
	docker compose --profile loadtest build --quiet loadtest && docker compose run --rm -T -e LOADTEST_RATE -e LOADTEST_SECONDS -e LOADTEST_PROFILE loadtest

status: ## Which containers run, and how
	@$(BOOTSTRAP) status

logs: ## Follow the logs of every service
	docker compose logs --tail 100 --follow

down: ## Stop the stack; data stays
	docker compose --profile '*' down --remove-orphans

clean: ## Stop the stack and delete its data (asks; YES=1 does not)
	@$(BOOTSTRAP) clean

doctor: ## What this machine lacks for the stack, each with its cure
	@$(BOOTSTRAP) doctor

##@ Set up the machine (`make up` and `make test` do it when it is needed)
bootstrap: ## A container engine and all base images (shows its plan and asks; YES=1 does not)
	@$(BOOTSTRAP) bootstrap

bootstrap-undo: ## Take away what the set-up added (asks; YES=1 does not)
	@$(BOOTSTRAP) bootstrap-undo

bootstrap-selftest: ## Purge engine and images, then time the way to a campaign (asks; FULL=1 tests too)
	@$(BOOTSTRAP) bootstrap-selftest

##@ Work on it
test: ## All tests; those with containers where an engine is to be had (CI=true: must)
	@$(BOOTSTRAP) ready-for-tests
	@PYTHONPATH=deploy $(BIN)/python -m bootstrap.tests

lint: environment ## ruff, mypy --strict, import borders, locks
	$(BIN)/ruff check $(SOURCES) && $(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(TYPED) && MYPYPATH=deploy $(BIN)/mypy -p bootstrap
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m gateway_keys.routes check gateway
	@$(BOOTSTRAP) lock-lint

format: environment ## Format the code
	$(BIN)/ruff format $(SOURCES) && $(BIN)/ruff check --fix $(SOURCES)

lock: environment ## Compile the requirement locks (UPGRADE=1 moves pins)
	@$(BOOTSTRAP) lock

lock-check: environment ## Recompile the locks and compare
	@$(BOOTSTRAP) lock-check

bench-training: environment ## Every figure of training, ours beside rivals and limits (FULL=1: all)
	$(BIN)/python -m benchmarks.training $(if $(FULL),--full)

bench-serving: environment ## Every figure of serving, ours beside rivals, in one run (FULL=1: all)
	$(BIN)/python -m benchmarks.serving $(if $(FULL),--full)

docs: environment ## Generate the reference pages
	@PYTHONPATH=deploy $(BIN)/python -m bootstrap.reference

environment:
	@$(BOOTSTRAP) environment-dev
