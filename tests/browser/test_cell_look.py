"""On screen, in a student's workbook: question, blank and answer look different, and say what is done."""

import nbformat
import pytest
from test_browser import open_notebook, page, pytestmark, run_all, running

from helpers.practice import blanks, edition
from helpers.workbook import Workbook

__all__ = ["page", "pytestmark"]

LOOK = """([tags, part]) => {
    const cell = document.querySelector(`.jp-Notebook .jp-Cell${tags}`);
    const of = part === 'h3' ? getComputedStyle(cell.querySelector('h3'), '::after') : getComputedStyle(cell, part);
    return [of.content, of.color, getComputedStyle(cell).borderLeft];
}"""
QUESTION, BLANK, ANSWER = ".cell-tag-pregunta", ".cell-tag-por-hacer", ".cell-tag-respuesta"
THEMES = ("JupyterLab Light", "JupyterLab Dark")


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    workbook = Workbook(tmp_path_factory.mktemp("practica") / "mía")
    edition.write(workbook.root)
    return workbook


@pytest.fixture(scope="module")
def lab(mine, tmp_path_factory):
    settings = str(tmp_path_factory.mktemp("ajustes"))  # the theme is one
    with running(tmp_path_factory.mktemp("lab"), workbook=mine.root, JUPYTERLAB_SETTINGS_DIR=settings) as lab:
        yield lab


def look(page, tags, part="::before"):
    """Return the title of the first cell with some classes, its colour, and the cell's border."""
    return page.evaluate(LOOK, [tags, part])


def contrast(page, colour):
    """Return the ratio between a colour, `rgb(…)`, and the notebook's background, as WCAG defines it."""
    background = page.evaluate("() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor")
    dark, light = sorted(map(luminance, (colour, background)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    red, green, blue = (float(one) / 255 for one in colour.partition("(")[2].rstrip(")").split(",")[:3])
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in (red, green, blue)]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", THEMES)
def test_each_has_its_title_and_its_border_in_both_themes(theme, lab, page):
    open_notebook(page, lab, "03_s3")
    page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", theme)
    page.wait_for_selector(f'body[data-jp-theme-light="{str(theme.endswith("Light")).lower()}"]', state="attached")
    page.wait_for_selector(f".jp-Notebook .jp-Cell{BLANK}")
    question, blank, answer = look(page, QUESTION, "h3"), look(page, BLANK), look(page, ANSWER)
    titles = [question[0], blank[0], answer[0]]
    assert titles == ['" · por comprobar"', '"Por hacer: s3-2"', '"Respuesta a s3-1"']
    borders = {border for _, _, border in (question, blank, answer)}
    assert len(borders) == 3 and all(border.startswith("4px solid rgb") for border in borders)
    for border in borders:
        assert contrast(page, border.partition("solid ")[2]) >= 3
    assert contrast(page, blank[1].replace("rgba", "rgb")) >= 7


def test_the_titles_say_what_the_checks_have_said_and_touch_nothing_that_is_typed(mine, lab, page):
    open_notebook(page, lab, "03_s3")
    run_all(page)
    assert look(page, f"{QUESTION}.cell-tag-s3-1", "h3")[0] == '" · comprobada ✓"'
    assert look(page, f"{QUESTION}.cell-tag-s3-2", "h3")[0] == '" · falta algo ✗"'
    to_do = look(page, BLANK)
    assert to_do[0] == '"Por hacer: s3-2"'

    page.click(f".jp-Cell{BLANK} .cm-content")
    page.keyboard.press("End")
    page.keyboard.type('\ns3.download_file("si1p1", "src/user_rest.py", "build/copia.py")')
    run_all(page)
    assert look(page, f"{QUESTION}.cell-tag-s3-2", "h3")[0] == '" · comprobada ✓"'
    done = look(page, BLANK)
    assert done[0] == '"Hecho: s3-2"' and done[2] != to_do[2]

    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    saved = nbformat.read(mine.notebooks / "03_s3.ipynb", as_version=4)
    (typed,) = [cell.source for cell in saved.cells if blanks.TO_DO in cell.metadata.get("tags", [])]
    assert typed.splitlines() == [
        "# s3-2: escribe aquí lo que haces.", 's3.download_file("si1p1", "src/user_rest.py", "build/copia.py")'
    ]  # fmt: skip
    assert all(
        cell.source == blanks.BLANK_ANSWER for cell in saved.cells if "respuesta" in cell.metadata.get("tags", [])
    )
