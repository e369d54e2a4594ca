# Each target is one line calling a tool; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet
# Compiled modules are kept, whatever the shell says: every command and worker is a new process.
export PYTHONDONTWRITEBYTECODE :=
# ONNX Runtime would report usage to its maker; `training/__init__.py` sets it for other callers.
export ORT_DISABLE_TELEMETRY := 1
CODE := handlers infra monitoring training tests

.PHONY: help demo test test-local test-sagemaker test-oracles e2e check format snapshot
.PHONY: doctor-trials audit checkov fuzz faults permissions protections burst burst-emulator soak
.PHONY: bench cost figures figures-long figures-docs screenshots walkthrough synth train lock setup clean
.PHONY: template-diff workflows changelog

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Send photos through the whole chain on this machine (PHOTOS=<folder>; without it, drawn ones)
	@$(BIN)/scones demo $${PHOTOS:+"$$PHOTOS"}

test: setup-dev ## Run the tests: unit, workflow, contract and template (no sockets)
	@$(BIN)/pytest -m "not e2e" --numprocesses logical --maxprocesses 8 --dist worksteal

e2e: setup-dev ## Run the end-to-end tests on the emulator, with IAM enforced
	@$(BIN)/pytest -m e2e

permissions: setup-dev ## Take every permission away once and record what is lost (an hour, resumable)
	@$(BIN)/python -m tests.e2e.permissions

protections: setup-dev ## Remove every protection once and see its tests fail (minutes, resumable)
	@$(BIN)/python -m tests.protections

test-local: setup-local-only ## Sign in as driver and reviewer where only `local` is installed
	@.venv-local/bin/python -m tests.e2e.local_only

check: setup-dev ## Lint, format and types
	@$(BIN)/ruff check $(CODE) && $(BIN)/ruff format --check $(CODE) && $(BIN)/mypy $(CODE)

format: setup-dev ## Format the code and fix what the linter can fix
	@$(BIN)/ruff format $(CODE) && $(BIN)/ruff check --fix $(CODE)

snapshot: setup-dev ## Accept templates, permissions, workflow and generated document sections
	@SCONES_UPDATE_SNAPSHOTS=1 $(BIN)/pytest tests/infra tests/workflow/test_documented_execution.py

test-sagemaker: setup-sagemaker ## Run the tests that need SageMaker's SDK (1.5 GB, in .venv-sagemaker)
	@.venv-sagemaker/bin/pytest -m "not e2e" tests/training

test-oracles: setup-oracles ## Compare our statistics with evidently's, nannyml's and MAPIE's (2 GB, in .venv-oracles)
	@.venv-oracles/bin/pytest tests/monitoring/statistics tests/training/evaluation/test_against_mapie.py

doctor-trials: setup-dev ## Plant defects in stages for `scones doctor`, and examine 200 sound ones
	@$(BIN)/python -m tests.infra.operations.doctor

fuzz: setup-fuzz ## Fuzz the readers of outside data (MINUTES=30 of each; atheris, in .venv-fuzz)
	@.venv-fuzz/bin/python -m tests.fuzz --minutes $${MINUTES:-1}

faults: setup-dev ## Inject faults and count what is lost, double or wrong (RUNS=1000 SEED=1, resumable)
	@$(BIN)/python -W ignore -m tests.faults --runs $${RUNS:-1000} --seed $${SEED:-1} --minutes $${MINUTES:-1000} $${WRITE:-}

bench: setup-dev ## Measure speed as ratios taken in one run
	@$(BIN)/python -m tests.benchmarks

burst: setup-dev ## Model bursts and an endpoint outage with the state machine's own retries
	@$(BIN)/python -m tests.bursts --seeds 3

burst-emulator: setup-dev ## Compare that model with a local stage that throttles (minutes)
	@$(BIN)/python -m tests.bursts --emulator

cost: setup-dev ## Compute what photos cost a month, beside the course's design
	@$(BIN)/python -m tests.cost

soak: setup ## Measure the memory of every process of a stage after 1,000 photos, and after PHOTOS
	@$(BIN)/python -m infra.demo.soak --photos 1000 --photos $(or $(PHOTOS),2000)

figures: setup-dev ## Measure the claimed figures again, claimed beside now (minutes)
	@$(BIN)/python -m tests.benchmarks.figures

figures-long: setup-dev ## The same with the long simulations and trainings (hours)
	@$(BIN)/python -m tests.benchmarks.figures --cost long

figures-docs: setup-dev ## Write the claimed figures into the documents
	@$(BIN)/python -m tests.benchmarks.figures --write

screenshots: setup-dev ## Take the pictures of the README anew (needs Chromium)
	@$(BIN)/python -m tests.screenshots

walkthrough: setup-dev ## Execute docs/walkthrough.ipynb and store its outputs
	@$(BIN)/python -m tests.walkthrough

synth: setup ## Synthesize the local stage into .scones/cdk.out.local
	@$(BIN)/python -m infra.synthesis.synth local

checkov: setup-dev setup-checkov ## Check the templates with checkov; each open finding has a reason (200 MB)
	@$(BIN)/python -m tests.checkov

template-diff: setup-dev ## List what differs in production's templates since another commit (BASE=<commit>)
	@$(BIN)/python -m tests.template_diff "$(BASE)"

workflows: setup-workflows ## Hold the workflows of GitHub Actions against their schema
	@.venv-workflows/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

changelog: ## Print the commits since the last tag before this commit, as Markdown
	@git log --no-merges --format='- %s (%h)' $$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null | sed 's/$$/../')HEAD

train: setup-training ## Train the shipped model anew (DATA=<folder of labelled photos>)
	@.venv-training/bin/python -m training train --data "$${DATA:-../shared/data}"

audit: setup setup-audit ## Look for known vulnerabilities in the locked packages and the serving image (IMAGE=<uri>; needs network)
	@$(BIN)/python -m infra.audit $${IMAGE:+--image "$$IMAGE"}

lock: setup ## Resolve the lock files anew from pyproject.toml
	@for group in audit bootstrap checkov node serving workflows; do $(LOCK) --group $$group -o requirements/$$group.lock || exit 1; done
	@for extra in local dev training; do $(LOCK) pyproject.toml --extra $$extra -o requirements/$$extra.lock || exit 1; done
	@for apart in sagemaker oracles fuzz; do $(LOCK) pyproject.toml --extra dev --extra $$apart -o requirements/$$apart.lock || exit 1; done

clean: ## Remove everything that was installed or built
	@rm -rf .venv* .scones cdk.out

.PHONY: setup setup-dev setup-local-only setup-training setup-sagemaker setup-oracles
.PHONY: setup-fuzz setup-audit setup-checkov setup-workflows
setup:
	@$(PYTHON) infra/bootstrap.py local

setup-dev:
	@$(PYTHON) infra/bootstrap.py dev

setup-local-only:
	@$(PYTHON) infra/bootstrap.py local-only

setup-training:
	@$(PYTHON) infra/bootstrap.py training

setup-sagemaker:
	@$(PYTHON) infra/bootstrap.py sagemaker

setup-oracles:
	@$(PYTHON) infra/bootstrap.py oracles

setup-fuzz:
	@$(PYTHON) infra/bootstrap.py fuzz

setup-audit:
	@$(PYTHON) infra/bootstrap.py audit

setup-checkov:
	@$(PYTHON) infra/bootstrap.py checkov

setup-workflows:
	@$(PYTHON) infra/bootstrap.py workflows
