#!/bin/sh
# What JupyterHub starts for a user: JupyterLab and a LocalStack of his, with the workbook in his home, made the first time.
set -e
cd
PATH="$(dirname "$0")/../.venv/bin:$PATH"
# One that outlived a server which was killed would outlive this one too.
si1p1 stop || true
[ -d practica/notebooks ] || si1p1 practica
exec si1p1 lab practica
