PYTHON ?= python3
ARGS ?=
comma := ,

# ROS=jazzy takes the ROS 2 wheels of that distribution, in a virtual environment of its own.
ROS ?=
VENV := .venv$(if $(ROS),-$(ROS))
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
WHEELS_jazzy := ros-rclpy==7.1.6 ros-common-interfaces==5.3.6 ros-rmw-fastrtps-cpp==8.4.3
ifneq ($(ROS),$(if $(WHEELS_$(ROS)),$(ROS)))
$(error ROS=$(ROS): no such distribution; leave it out, or ROS=jazzy)
endif

# With ROS 2 sourced its own rclpy is used; otherwise the ROS 2 wheels from PyPI.
HAS_ROS := $(if $(ROS),,$(shell $(PYTHON) -c "import rclpy" 2>/dev/null && echo yes))
EXTRAS := $(if $(ROS),sim$(comma)ros$(comma)test,dev$(if $(HAS_ROS),,$(comma)ros))

.DEFAULT_GOAL := help
.PHONY: help install demo test test-wall test-slow test-venv check schemas bench clean

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

install: $(VENV)/installed ## Make .venv and install everything into it

$(VENV)/installed: setup.py
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(if $(HAS_ROS),--system-site-packages) $(VENV)
	@$(PIP) --upgrade pip wheel 'setuptools<80'
	@$(if $(ROS),,echo "Installing torch for the CPU ...")
	@$(if $(ROS),,$(PIP) torch==2.13.0)
	@echo "Installing the rest ..."
	@PYTHONWARNINGS=ignore $(PIP) --no-build-isolation --editable '.[$(EXTRAS)]' $(WHEELS_$(ROS))
	@echo "Compiling and trying the safety filter ..."
	@$(BIN)/robot-learning safety check panda --commands 10 > /dev/null
	@touch $@

demo: install ## Train Reach on the Panda, deploy it over ROS 2, write runs/demo/report.html
	@$(BIN)/robot-learning demo $(ARGS)

test: install ## Run the tests; with ROS=jazzy those of the nodes, on its rclpy
ifneq ($(ARGS),)
	@$(BIN)/python -m pytest -q -m 'not venv and not slow' $(ARGS)
else
	@$(if $(ROS),,$(BIN)/python -m pytest -q -m 'not venv and not slow' --ignore test/nodes -n 2 --dist worksteal)
	@$(BIN)/python -m pytest -q -m 'not wall_clock and not slow' test/nodes -n 2 --dist loadfile
	@$(BIN)/python -m pytest -q -m wall_clock test/nodes
endif

test-wall: install ## Run the tests that live on the wall clock alone
	@$(BIN)/python -m pytest -q -m wall_clock test/nodes

test-slow: install ## Run each task's demo, and each driver's stand-in (minutes)
	@$(BIN)/python -m pytest -q -m slow test/cli/test_demo_tasks.py test/nodes/test_hardware.py $(ARGS)

test-venv: install ## Install the package as on a robot's computer, and run its nodes (minutes)
	@$(BIN)/python -m pytest -q -m venv test/test_install.py $(ARGS)

check: install ## Lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q test/test_layers.py

schemas: install ## Write config/schemas from what reads the YAML files
	@for kind in robot task train shift hardware; do \
	  $(BIN)/robot-learning schema $$kind > config/schemas/$$kind.json; done

bench: install ## Measure the numbers of docs/benchmarks.md
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove what was built; runs/ stays
	rm -rf .venv .venv-* build install log *.egg-info .mypy_cache .ruff_cache .pytest_cache
