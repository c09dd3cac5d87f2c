#!/usr/bin/env bash
# Makes the folder that `si1p1 repartir --aula` has written the installation that a class shares, read-only: run it as
# root, in a folder that all can reach, such as /opt/si1p1.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

if [ ! -e .edicion.json ]; then
  echo "En $PWD están los cuadernos resueltos, y los leería toda la clase. Instala lo que se reparte, sin soluciones:" >&2
  echo "    .venv/bin/si1p1 repartir --aula /opt/si1p1 && /opt/si1p1/hub/install.sh" >&2
  exit 1
fi

# If Python is downloaded, not into root's home, where nobody else can read it.
export UV_PYTHON_INSTALL_DIR="${UV_PYTHON_INSTALL_DIR:-$PWD/.uv/python}"
python3 tools/install.py
.uv/bin/uv pip install --quiet --system-certs --python .venv/bin/python --require-hashes -r hub/requirements.lock

# uv's cache keeps the permissions of the umask that filled it, and its files are linked here.
chmod -R a+rX .

# Users cannot write the compiled code beside the source, and would compile it at each start.
.venv/bin/python -m compileall -qj0 -x '/tests?/' .venv/lib helpers handlers

if ! runuser -u nobody -- .venv/bin/python -c 'import helpers'; then
  echo "Los demás usuarios no pueden leer $PWD, o el Python que usa, $(readlink -f .venv/bin/python)." >&2
  echo "Pon la carpeta en un sitio que todos lean, como /opt/si1p1, con un Python que no esté en la casa de root." >&2
  exit 1
fi

# The image of Kubernetes needs no proxy of its own. npm trusts the certificates of the system too, as uv does above.
export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"
if [ "${1:-}" != --sin-proxy ]; then
  npm ci --prefix hub --no-audit --no-fund --loglevel=error
fi
