# Teal's commands. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON3 ?= python3
CACHE := $(or $(TEAL_CACHE),$(XDG_CACHE_HOME),$(HOME)/.cache)/teal
VENV := $(CACHE)/venv/$(shell cat requirements-dev.lock | sha256sum | cut -c1-12)-$(shell $(PYTHON3) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PY := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)
# Bytecode is kept outside the checkout, also where the environment says to keep none: without it each command
# compiles all that it imports, which takes longer than many a test.
export PYTHONPYCACHEPREFIX := $(CACHE)/pyc
unexport PYTHONDONTWRITEBYTECODE
# So is what hypothesis works out: Unicode's tables, the constants of each file.
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
LOCAL := $(PY) -m tools.local

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# Without prerequisite: its path has the hash of the lock, whose own time (that of a clone) says nothing.
$(VENV)/.ready:
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Teal needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])'
	@echo "Installing the Python packages of requirements-dev.lock into $(VENV)"
	@rm -rf $(VENV) && $(PYTHON3) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: venv
venv: $(VENV)/.ready

.PHONY: demo
demo: venv ## Play the tutorial on a local cluster (CONTEXT=<kube context>: on yours)
	@$(PY) -m tools.demo $(if $(CONTEXT),--context $(CONTEXT))

.PHONY: picture
picture: venv ## Play the demo, record it, and draw docs/demo.svg of that (OPTIONS=--light: without a cluster)
	@$(PY) -m tools.picture $(OPTIONS)

.PHONY: test
test: venv ## Run all tests: unit, API server, local cluster
	@PYTHON=$(PY) tests/run

.PHONY: unit
unit: venv ## Run the unit tests (K=<words>: those whose names match, as pytest -k)
	@PYTHON=$(PY) tests/quick "$(K)"

.PHONY: api
api: venv ## Run the tests against a real API server (K=<words>)
	@$(PY) -m pytest -q tests/api -k "$(K)"

.PHONY: check
check: venv ## Lint, types, unit tests and worlds with coverage, sizes, the docs' links
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy
	@$(PY) -m coverage erase && $(PY) -m coverage run -m pytest -q tests/unit tests/worlds -n 2 --hypothesis-profile=check
	@$(PY) -m coverage combine -q && $(PY) tests/covered.py
	@$(PY) tests/sizes.py
	@$(PY) -m tools.site

.PHONY: docs
docs: venv ## Build the docs as a site into dist/docs; a dead link is an error
	@$(PY) -m tools.site dist/docs && echo dist/docs/index.html

.PHONY: cluster
cluster: venv ## Start the local Kubernetes + Istio cluster (idempotent)
	@$(LOCAL) up

.PHONY: cluster-down
cluster-down: venv ## Stop the local cluster and leave nothing behind
	@$(LOCAL) down

.PHONY: kubeconfig
kubeconfig: $(VENV)/.ready ## Print the path of the running local cluster's kubeconfig
	@$(LOCAL) kubeconfig

.PHONY: path
path: $(VENV)/.ready ## Print the folder with the local cluster's kubectl and helm, for PATH
	@$(LOCAL) path

.PHONY: image
image: venv ## Build Teal's image as an OCI archive, without a container engine
	@$(LOCAL) image

.PHONY: teal
teal: venv ## Build the `teal` command as one file, with its hash (dist/teal.pyz)
	@$(PY) -m tools.onefile

.PHONY: release
release: venv ## Make all that is published of this version, the same bytes each time, into dist/teal-<version>
	@$(PY) -m tools.release

.PHONY: release-check
release-check: venv ## Make this version's release twice more and hold all that is promised of it
	@$(PY) -m pytest -q tests/release

.PHONY: cut
cut: venv ## Set a version everywhere and cut the changelog (VERSION=<version>)
	@$(PY) -m tools.release.versions "$(VERSION)"

.PHONY: charts
charts: venv ## Serve the charts as a Helm repository on loopback
	@$(PY) -m tools.charts

.PHONY: lock
lock: venv ## Renew the hashed requirements locks
	@$(VENV)/bin/uv pip compile -q --upgrade --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml -o requirements.lock
	@$(VENV)/bin/uv pip compile -q --upgrade --generate-hashes --python-version 3.11 --no-header --no-annotate --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

.PHONY: lock-image
lock-image: venv ## Renew the locks of what is in the image beside Python's packages, and of the SBOM's tool (Debian)
	@$(PY) -m tools.local.slim_lock
	@$(VENV)/bin/uv pip compile -q --upgrade --generate-hashes --python-version 3.11 --no-header --no-annotate tools/release/sbom.in -o tools/release/sbom.lock

.PHONY: audit
audit: venv ## Ask for known holes in what the image's lock names (needs the network)
	@$(VENV)/bin/uvx pip-audit@2.10.1 --requirement requirements.lock --disable-pip --require-hashes --strict

.PHONY: bench-traffic
bench-traffic: venv ## Count what fails while users change a rollout under load, on the local cluster
	@$(PY) -m tools.bench.traffic

.PHONY: bench-failover
bench-failover: venv ## Time how long a change waits when the leader is killed, stopped or paused, on the local cluster
	@$(PY) -m tools.bench.traffic.failover

.PHONY: bench-rollouts
bench-rollouts: venv ## Play candidates that come by steps, good and bad, judged by a real Prometheus, on the local cluster
	@$(PY) -m tools.bench.traffic.by_steps

.PHONY: bench-evidence
bench-evidence: venv ## Play 600,000 rollouts by chance: how often evidence errs, and how soon it tells (10 minutes)
	@$(PY) -m tools.bench.evidence
	@$(PY) -m tools.bench.evidence.beside

.PHONY: bench-many-rollouts
bench-many-rollouts: venv ## Measure what a thousand rollouts under way cost, beside the same without (6 minutes)
	@$(PY) -m tools.bench.stepping

.PHONY: bench-webhook
bench-webhook: venv ## Measure the webhook beside a constant answer, disturbed as API servers and worse clients do
	@$(PY) -m tools.bench.webhook
	@$(PY) -m tools.bench.webhook.scale

.PHONY: bench-certificates
bench-certificates: venv ## Replace certificates for 10 minutes under admissions, then spoil them; count what fails
	@$(PY) -m tools.bench.certificates

.PHONY: bench-upgrade
bench-upgrade: venv ## Upgrade an earlier commit's release to this one under load, and back (FROM=<commit>)
	@$(PY) -m tools.bench.upgrade $(FROM)

.PHONY: bench-tenants
bench-tenants: venv ## Time a namespace's changes without and with another that attacks Teal
	@$(PY) -m tools.bench.tenants

.PHONY: bench-command
bench-command: venv ## Measure start-up, CPU and memory of each command of `teal` beside kubectl's
	@$(PY) -m tools.bench.command

.PHONY: bench-envoy-gateway
bench-envoy-gateway: venv ## Play rollouts by HTTPRoutes through Envoy Gateway, without a mesh; cold, its build takes 11 minutes of CPU
	@$(PY) -m tools.bench.envoy_gateway

.PHONY: bench-gitops
bench-gitops: venv ## Have Flux and Argo CD keep a rollout in Git, to its end; their builds take 5 minutes or more (TOOL=flux)
	@$(PY) -m tools.gitops $(TOOL)

.PHONY: fuzz
fuzz: venv ## Try every property and every world; send 140,000 spoilt and made-up reviews to the webhook
	@TEAL_EVERY_WORLD=1 TEAL_ENTRIES=50000 $(PY) -m pytest -q tests/unit tests/worlds -n 2 --hypothesis-profile=thorough
	@TEAL_FUZZ_ROUNDS=100000 $(PY) -m pytest -qs tests/worlds/test_fuzz.py
	@$(PY) -m pytest -q tests/unit/webhook/test_endpoints.py -k any_ --hypothesis-profile=fuzz

.PHONY: soak
soak: venv ## Send 50,000 hostile requests to the webhook over TLS; its memory has to stay flat
	@TEAL_SOAK_REQUESTS=50000 $(PY) -m pytest -qs tests/api/test_webhook_soak.py

.PHONY: explore
explore: venv ## Go through all states of cluster, proxies, users and plan, up to large bounds
	@$(PY) -m tests.explorer

.PHONY: bench
bench: venv ## Measure Teal at 100, 1,000 and 5,000 applications beside the API server's floor
	@$(PY) -m tools.bench

.PHONY: bench-quick
bench-quick: venv ## The same at 200 applications, in less than a minute
	@$(PY) -m tools.bench --quick

.PHONY: bench-strategies
bench-strategies: venv ## Measure what each strategy and each router costs, side by side at 200 applications
	@$(PY) -m tools.bench.strategies

.PHONY: bench-append
bench-append: venv ## Put a run into docs/performance.md (RUN=<JSON of make bench>)
	@$(PY) -m tools.bench.history $(RUN)
