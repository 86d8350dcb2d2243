# PYTHON=python3.12 chooses the Python that makes .venv; PORT=9000 the port of `make run` and `make dev`.
PYTHON ?= python3
INSTALL = $(PYTHON) deploy/install.py
COMPILE = .venv/bin/python -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help run dev test bench faults lint lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: ## Install what is needed and serve on http://127.0.0.1:8000
	@$(INSTALL) requirements.txt
	@exec .venv/bin/python manage.py serve

dev: export DJANGO_SETTINGS_MODULE = vibechat.development.settings
dev: ## Serve for development: debug pages, and a reload when a file changes
	@$(INSTALL) requirements-dev.txt
	@.venv/bin/python manage.py migrate --verbosity 0
	@exec .venv/bin/python manage.py runserver

test: ## Run every check and every test, on both back ends
	@$(INSTALL) requirements-dev.txt
	@exec .venv/bin/python -m tests.run

bench: ## Measure the server against a minimal relay (BENCH="table --rounds 3"; see benchmarks/README.md)
	@$(INSTALL) requirements-dev.txt
	@exec .venv/bin/python -m benchmarks $(BENCH)

faults: ## Pull every plug under load, and count (FAULTS="--minutes 10")
	@$(INSTALL) requirements-dev.txt
	@exec .venv/bin/python -m tests.faults $(FAULTS)

lint: ## Run the static checks only
	@$(INSTALL) requirements-dev.txt
	@exec .venv/bin/python -m tests.run --static

lock: ## Compile the lock files again (UPGRADE=1 takes newer versions)
	@$(INSTALL) requirements-dev.txt
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	.venv/bin/python -m tools.provision.node lock

clean: ## Remove what was installed and cached; data in var/ stays
	rm -rf .venv node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
