"""JupyterLab as this lab sets it: what it names exists, and the menus that errors name are called so."""

import importlib.resources
import json

from jupyterlab_server.translation_utils import get_language_pack, is_valid_locale
from nbconvert.exporters import get_exporter

from helpers.session import jupyter_server
from helpers.session.context import Context
from helpers.workbook import SOLVED

OVERRIDES = json.loads((jupyter_server.SETTINGS / "overrides.json").read_text("utf-8"))


def test_it_speaks_spanish_and_errors_name_its_menus():
    locale = OVERRIDES["@jupyterlab/translation-extension:plugin"]["locale"]
    assert is_valid_locale(locale)
    pack, problem = get_language_pack(locale)
    assert not problem
    assert (
        f"(menú Run > {pack['jupyterlab']['Run All Above Selected Cell'][0]})"
        in Context("s3", None, 0).from_the_start()
    )
    start = (SOLVED.notebooks / "00_inicio.ipynb").read_text("utf-8")
    assert pack["jupyterlab"]["Restart Kernel and Run All Cells…"][0] in start


def test_the_exporters_that_it_hides_are_nbconverts_own():
    names = ("pdf", "webpdf", "qtpdf", "qtpng", "latex", "rst", "asciidoc")
    assert {get_exporter(name).__name__ for name in names} == {*jupyter_server.UNUSABLE_EXPORTERS}


def test_every_setting_is_of_a_plugin_that_is_installed():
    schemas = importlib.resources.files("jupyterlab") / "schemas"
    ours = [plugin for plugin in OVERRIDES if plugin.startswith("@jupyterlab/")]
    assert [one for one in ours if not (schemas / f"{one.replace(':', '/')}.json").is_file()] == []


def test_a_list_of_the_panel_keeps_the_keys_that_the_notebook_would_take():
    """Its arrows would go to another cell, and D D, which looks for DELETE, would delete the panel's."""
    tracker = importlib.resources.files("jupyterlab") / "schemas/@jupyterlab/notebook-extension/tracker.json"
    anywhere = ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"
    shortcuts = json.loads(tracker.read_text("utf-8"))["jupyter.lab.shortcuts"]
    keys = {tuple(one["keys"]) for one in shortcuts if one["selector"] == anywhere and any(one["keys"])}
    ours = OVERRIDES["@jupyterlab/shortcuts-extension:shortcuts"]["shortcuts"]
    assert {tuple(one["keys"]) for one in ours} == {one for one in keys if " " not in "".join(one)}
    assert {one["preventDefault"] for one in ours} == {False}
    selectors = {one["selector"] for one in ours}
    assert selectors == {".jp-Notebook.jp-mod-commandMode .jupyter-widgets select:focus"}
