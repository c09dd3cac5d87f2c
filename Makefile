# One command on a fresh machine: each job prepares .venv first when what it needs is missing or older than its lock.
.DEFAULT_GOAL := help
.PHONY: help lab memoria entrega practica start stop restart status test test-all check bench lock clean

BIN := .venv/bin
# The first interpreter that is a right one; if none is, any: install.py then says what to do.
FIND_PYTHON = for p in python3.13 python3.14 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info[:2] not in [(3, 13), (3, 14)])' \
	>/dev/null 2>&1 && { echo $$p; exit; }; done; command -v python3 || command -v python || echo falta-python

help:  ## Esta ayuda
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ready: what a student needs. ready-dev: that and what the tests and checks use; it renews ready too.
.venv/ready: requirements.lock
.venv/ready-dev: requirements-dev.lock
.venv/ready .venv/ready-dev: pyproject.toml tools/install.py
	@python=$$($(FIND_PYTHON)); \
	if [ "$$python" = falta-python ]; then \
		echo "No se ha encontrado Python. Instálalo con conda, uv o pyenv: el README dice cómo." >&2; exit 1; \
	fi; \
	"$$python" tools/install.py $(if $(filter %-dev,$@),--dev)

lab: .venv/ready  ## Abre JupyterLab con LocalStack en marcha
	@$(BIN)/si1p1 lab $(if $(CARPETA),"$(CARPETA)")

memoria: .venv/ready  ## Ejecuta los cuadernos y escribe build/memoria.pdf
	@$(BIN)/si1p1 memoria $(if $(CARPETA),"$(CARPETA)")

entrega: .venv/ready  ## Escribe además build/entrega.zip (BORRADOR=1: aunque falte algo)
	@$(BIN)/si1p1 entrega $(if $(CARPETA),"$(CARPETA)") $(if $(BORRADOR),--borrador)

practica: .venv/ready  ## Escribe en practica, o en CARPETA=…, tus cuadernos sin las respuestas, y tus funciones
	@$(BIN)/si1p1 practica $(if $(CARPETA),"$(CARPETA)")

start stop restart status: .venv/ready
	@$(BIN)/si1p1 $@

test: .venv/ready-dev  ## Pruebas (menos de 5 minutos)
	@$(BIN)/pytest

test-all: .venv/ready-dev  ## Pruebas, también las lentas y las del navegador
	@$(BIN)/pytest -m ''

check: .venv/ready-dev  ## Lo que se comprueba sin ejecutar nada, y las vulnerabilidades conocidas (con internet)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q -m static
	@$(BIN)/python -m tools.audit || [ $$? = 3 ]  # 3: it could not look, and has said so

bench: .venv/ready-dev  ## Tiempos, unos frente a otros (unos cinco minutos)
	@$(BIN)/python -m benchmarks

lock: .venv/ready-dev  ## Recalcula las versiones fijadas, a partir de pyproject.toml
	@$(BIN)/python -m tools.lock

clean:  ## Para LocalStack y borra build/
	@[ ! -x $(BIN)/si1p1 ] || $(BIN)/si1p1 stop
	rm -rf build
