# `make run` shows the workbench; `make test` checks everything that CI checks. Both make their own `.venv`.
# `make run PYTHON=python3.12` takes another Python. On Windows see README.md.

.PHONY: help run demo test bench format clean

help:
	@echo "make run     install into .venv, open the window on the sample project (the terminal without a display)"
	@echo "make demo    the same in the terminal: fine-tune on the sample, classify three sentences"
	@echo "make test    install what the tests need, run everything that CI checks"
	@echo "make bench   how quick training is here, beside transformers.Trainer: takes some minutes, wants a quiet machine"
	@echo "make format  format the code, mend what ruff can mend"
	@echo "make clean   remove .venv and the caches"

run:
	@PYTHON="$(PYTHON)" sh scripts/bootstrap run

demo:
	@PYTHON="$(PYTHON)" sh scripts/bootstrap demo

test:
	@PYTHON="$(PYTHON)" sh scripts/bootstrap test

bench:
	@PYTHON="$(PYTHON)" sh scripts/bootstrap bench

format:
	@PYTHON="$(PYTHON)" sh scripts/bootstrap format

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
