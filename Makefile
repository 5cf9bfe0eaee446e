# make dream    dreams the example, and leaves sound and picture in dream/
# make test     lint, types, examples in docstrings, whole test suite, on the newest TensorFlow
# make test-quick   the tests that take least, in under three minutes on two cores
# make test-onednn  the tests that depend on it, with oneDNN and without, whatever the processor
# make test-io  the audio tests on TensorFlow 2.16.2 with tensorflow-io
# make docs     the site, from docs/ and the docstrings: build/docs/site/index.html
# make saved_models  the exported files of the models that ship, and their manifest, again
PYTHON ?= python3
OUT ?= dream
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' keras_sounddream/__init__.py)

.PHONY: dream docs saved_models test test-quick test-onednn test-io lint doctest clean

dream: .venv/installed
	mkdir -p $(OUT)
	.venv/bin/sounddream dream examples/speech.flac -o $(OUT)/speech_dream.wav \
		--plot $(OUT)/speech_dream.png --json $(OUT)/speech_dream.json --force
	@echo "Play $(OUT)/speech_dream.wav and look at $(OUT)/speech_dream.png."

docs: .venv-docs/installed
	.venv-docs/bin/python docs/site/stage.py
	.venv-docs/bin/sphinx-build -q -W --keep-going -j 2 -c docs/site -d build/docs/read \
		build/docs/source build/docs/site/$(VERSION)
	.venv-docs/bin/python docs/site/publish.py build/docs/site
	@echo "Open build/docs/site/$(VERSION)/index.html."

saved_models: .venv-test/installed
	.venv-test/bin/python saved_models/exports/make.py

test: lint doctest
	.venv-test/bin/pytest -n auto --maxprocesses 4

test-quick: .venv-test/installed
	.venv-test/bin/pytest -n auto --maxprocesses 4 -m "not slow"

test-onednn: .venv-test/installed
	TF_ENABLE_ONEDNN_OPTS=1 .venv-test/bin/pytest -n auto --maxprocesses 4 -m onednn
	TF_ENABLE_ONEDNN_OPTS=0 .venv-test/bin/pytest -n auto --maxprocesses 4 -m onednn

lint: .venv-test/installed
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy

doctest: .venv-test/installed
	.venv-test/bin/pytest --doctest-modules $$(grep -rl ">>>" keras_sounddream --include=*.py)

test-io: .venv-io/installed
	.venv-io/bin/pytest tests/audio

.venv/installed: setup.py
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q -e .
	touch $@

.venv-test/installed: setup.py
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/pip install -q -e ".[dev]"
	touch $@

.venv-docs/installed: docs/site/requirements.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install -q -r docs/site/requirements.txt
	touch $@

.venv-io/installed: setup.py
	$(PYTHON) -m venv .venv-io
	.venv-io/bin/pip install -q -e ".[io]" pytest
	touch $@

clean:
	rm -rf .venv .venv-test .venv-docs .venv-io dream build *.egg-info
