# One command on a fresh machine: each job prepares .venv first when what it needs is missing or older than its lock.
.DEFAULT_GOAL := help
.PHONY: help lab memoria entrega practica start stop restart status test test-all check bench docs lock clean

BIN := .venv/bin
# Another project's modules could hide those of .venv.
unexport PYTHONPATH PYTHONHOME

# The first Python that can install: uv then finds or downloads the one that .venv needs. Without any, uv itself may have one.
CAN_INSTALL = import sys; from importlib.util import find_spec; \
	sys.exit(sys.version_info < (3, 8) or not (find_spec("pip") or find_spec("ensurepip")))
FIND_PYTHON = for p in python3 python python3.13 python3.14 python3.12 python3.11 python3.10 python3.9 python3.8; do \
	$$p -c '$(CAN_INSTALL)' >/dev/null 2>&1 && { echo $$p; exit; }; done; \
	command -v uv >/dev/null && echo uv run --no-project --python ">=3.8" python || command -v python3 || echo falta-python

help:  ## Esta ayuda
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ready: what a student needs. ready-dev: that and what the tests and checks use; it renews ready too.
.venv/ready: requirements.lock
.venv/ready-dev: requirements-dev.lock
.venv/ready .venv/ready-dev: pyproject.toml tools/install.py
	@python=$$($(FIND_PYTHON)); \
	if [ "$$python" = falta-python ]; then \
		echo "No se ha encontrado Python 3. Instálalo con conda, uv o pyenv: el README dice cómo." >&2; exit 1; \
	fi; \
	$$python tools/install.py $(if $(filter %-dev,$@),--dev)

lab: .venv/ready  ## Abre JupyterLab con LocalStack en marcha
	@$(BIN)/si1p1 lab $(if $(CARPETA),"$(CARPETA)")

memoria: .venv/ready  ## Ejecuta los cuadernos y escribe build/memoria.pdf
	@$(BIN)/si1p1 memoria $(if $(CARPETA),"$(CARPETA)")

entrega: .venv/ready  ## Dice qué falta y, si nada falta, escribe build/entrega.zip (BORRADOR=1: en todo caso)
	@$(BIN)/si1p1 entrega $(if $(CARPETA),"$(CARPETA)") $(if $(BORRADOR),--borrador)

practica: .venv/ready  ## Escribe en practica, o en CARPETA=…, tus cuadernos y funciones (ACTUALIZA=1: trae lo nuevo)
	@$(BIN)/si1p1 practica $(if $(CARPETA),"$(CARPETA)") $(if $(ACTUALIZA),--actualiza)

start stop restart status: .venv/ready
	@$(BIN)/si1p1 $@

test: .venv/ready-dev  ## Pruebas (menos de 4 minutos)
	@$(BIN)/pytest --numprocesses=4 --dist=loadfile

test-all: .venv/ready-dev  ## Pruebas, también las lentas y las del navegador
	@$(BIN)/pytest -m 'not browser' --numprocesses=2 --dist=loadfile --ignore=tests/hub
	@$(BIN)/pytest -m 'slow or browser' tests/hub tests/browser

check: .venv/ready-dev  ## Lo que se comprueba sin ejecutar nada, y las vulnerabilidades conocidas (con internet)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q -m static
	@$(BIN)/python -m tools.audit || [ $$? = 3 ]  # 3: it could not look, and has said so

bench: .venv/ready-dev  ## Tiempos, unos frente a otros (un cuarto de hora)
	@$(BIN)/python -m benchmarks

lock: .venv/ready-dev  ## Recalcula las versiones fijadas, a partir de pyproject.toml
	@$(BIN)/python -m tools.lock

docs: .venv/ready-dev  ## Publica la memoria resuelta: docs/memoria.pdf y su imagen en el README
	@$(BIN)/si1p1 memoria .
	@$(BIN)/python -m tools.published

clean:  ## Para LocalStack y borra build/
	@[ ! -x $(BIN)/si1p1 ] || $(BIN)/si1p1 stop
	rm -rf build
