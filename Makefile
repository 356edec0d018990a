# Every command sets up what it needs. `make run` and `make test` are all that a newcomer needs to know.

.DEFAULT_GOAL := help
.PHONY: help run test check bench docs e2e fuzz leaks soak lock format user-set dev-set

PY := .venv/bin/python

help: ## List the commands
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-22s %s\n' "$$name" "$$what"; done

run: user-set ## Start Saman with its demo region and print the address
	@exec .venv/bin/saman serve

test: dev-set ## Run every check and test, from nothing
	@$(PY) -m tools.run_tests

check: dev-set ## Formatting, types, imports and house rules
	@$(PY) -m tools.run_tests static

e2e: dev-set ## The journeys in a browser
	@$(PY) -m tools.run_tests browser

fuzz: dev-set ## Long property tests of parsers, search and access
	@SAMAN_TEST_FUZZ=$${SAMAN_TEST_FUZZ:-10000} $(PY) -m tools.run_tests fuzz

leaks: dev-set ## Search for data that reaches somebody it should not, a million requests long
	@SAMAN_LEAKS_REQUESTS=$${SAMAN_LEAKS_REQUESTS:-1000000} $(PY) -m tools.run_tests leaks

soak: dev-set ## What takes long or needs a package index: locks on every platform, kills by the hundred
	@$(PY) -m tools.lock check
	@$(PY) -m tools.run_tests soak soak-oldest

bench: dev-set ## Measure record and pages, and say which goals are met
	@$(PY) -m tests.load

docs: dev-set ## Write the pages that are made from code
	@$(PY) -m tools.write_docs

lock: dev-set ## Resolve the dependencies anew
	@$(PY) -m tools.lock write

format: dev-set ## Put the code into shape
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format --quiet .

user-set:
	@python=$$(tools/find_python) && "$$python" tools/bootstrap.py requirements.lock

dev-set:
	@python=$$(tools/find_python) && "$$python" tools/bootstrap.py requirements-dev.lock
