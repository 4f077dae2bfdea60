PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
ARGS ?=

# With ROS 2 sourced its own rclpy is used; otherwise the ROS 2 wheels from PyPI.
HAS_ROS := $(shell $(PYTHON) -c "import rclpy" 2>/dev/null && echo yes)
EXTRAS = $(if $(HAS_ROS),dev,dev$(comma)ros)
comma := ,

.DEFAULT_GOAL := help
.PHONY: help install demo test test-wall check bench clean

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

install: .venv/installed ## Make .venv and install everything into it

.venv/installed: setup.py
	@echo "Making .venv ..."
	@$(PYTHON) -m venv $(if $(HAS_ROS),--system-site-packages) .venv
	@$(PIP) --upgrade pip wheel 'setuptools<80'
	@echo "Installing torch for the CPU ..."
	@$(PIP) torch==2.13.0
	@echo "Installing the rest ..."
	@PYTHONWARNINGS=ignore $(PIP) --no-build-isolation --editable '.[$(EXTRAS)]'
	@echo "Compiling and trying the safety filter ..."
	@$(BIN)/robot-learning safety check panda --commands 10 > /dev/null
	@touch $@

demo: install ## Train Reach on the Panda, deploy it over ROS 2, write runs/demo/report.html
	@$(BIN)/robot-learning demo $(ARGS)

test: install ## Run the tests, those on the wall clock by themselves
	@$(BIN)/python -m pytest -q -m 'not wall_clock' $(ARGS)
	@$(MAKE) --no-print-directory test-wall

test-wall: install ## Run the tests that live on the wall clock
	@$(BIN)/python -m pytest -q -m wall_clock test/nodes

check: install ## Lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q test/test_layers.py

bench: install ## Measure the numbers of docs/benchmarks.md
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove what was built; runs/ stays
	rm -rf .venv build install log *.egg-info .mypy_cache .ruff_cache .pytest_cache
