"""Deliveries made up for the tests of their execution: one notebook, of section 3, with the cells that are given."""

import contextlib
import http.server
import os
import threading

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.marking import confined
from helpers.marking.delivery import Delivery
from helpers.marking.rerun import rerun
from helpers.workbook import Workbook

OPEN = "from helpers import lab, practice\nlab.open('s3')"
# What the first question asks for, and its check.
RIGHT = """import boto3
s3 = boto3.client('s3')
s3.create_bucket(Bucket='si1p1')
s3.upload_file('handlers/user_rest.py', 'si1p1', 'src/user_rest.py')
for prefix in ('', 'src', 'src/'):
    s3.list_objects_v2(Bucket='si1p1', Prefix=prefix)"""
CHECK = "practice.check('s3-1')"


def need_confinement():
    """Skip the test where nothing can be confined; in CI it fails instead."""
    if reason := confined.why_not():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def delivery(folder, name, *cells):
    """Return a delivery in `folder` whose notebook of section 3 has these cells after the one that opens it."""
    made = Workbook(folder / name)
    made.notebooks.mkdir(parents=True)
    made.handlers.mkdir()
    made.authors.write_text('grupo = "1"\npareja = "1"\nautores = ["Ana"]\n', "utf-8")
    notebook = new_notebook(cells=[new_code_cell(OPEN), *(new_code_cell(cell) for cell in cells)])
    nbformat.write(notebook, made.notebooks / "03_s3.ipynb")
    return Delivery(name, folder, made.root, ())


def executed(deliveries, results, **options):
    """Return what comes of the deliveries, by name."""
    return {one.name: one for one in rerun(deliveries, results, **options)}


def shown(result):
    """Return what the cells of an executed notebook of section 3 show, together."""
    cells = nbformat.read(result.notebooks / "03_s3.ipynb", as_version=4).cells
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    texts = [one.get("text") or one.get("evalue") or one.get("data", {}).get("text/plain", "") for one in outputs]
    return "\n".join(texts)


@contextlib.contextmanager
def listening():
    """Yield the port of a web server of this machine."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
