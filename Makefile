# Two commands: `make demo` shows the program at work, `make test` checks everything.
# Both set up what they need the first time and take seconds for that afterwards.

.DEFAULT_GOAL := help
.PHONY: help demo test dist dist-test clean

help:
	@echo "make demo    install everything, fetch the starter models, ask the sample documents"
	@echo "make test    install everything, then run every check and test"
	@echo "make dist    build the installed program (WITH_MODELS=1: with the starter models inside; ARCHIVE=1: and a tar.xz)"
	@echo "make dist-test   try the built program in an empty home, without Python and without a network"
	@echo "make clean   delete .venv and caches (models and compiled wheels stay)"

demo:
	@packaging/bootstrap.sh
	@.venv/bin/vademecum models fetch default e5-small
	@.venv/bin/python -m desktop.demo

test:
	@packaging/bootstrap.sh dev
	@.venv/bin/vademecum models fetch default tiny e5-small
	@packaging/check.sh

dist:
	@packaging/bootstrap.sh dist
	@$(if $(WITH_MODELS),.venv/bin/vademecum models fetch default e5-small)
	@.venv/bin/python packaging/dist.py $(if $(WITH_MODELS),--with-models) $(if $(ARCHIVE),--archive)

dist-test:
	@packaging/bootstrap.sh dist
	@.venv/bin/vademecum models fetch default e5-small
	@.venv/bin/python packaging/dist_test.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
