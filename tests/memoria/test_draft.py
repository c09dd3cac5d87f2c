"""A memoria is a draft while the check of one of its questions does not hold."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.memoria import document
from helpers.practice.checks.verdict import Verdict
from helpers.workbook import SOLVED

pytestmark = pytest.mark.static


def asking(*verdicts):
    """Return an executed notebook that asks s3-1 and shows what its checks have said."""
    data = [Verdict("s3-1", ok, "texto")._repr_mimebundle_() for ok in verdicts]
    outputs = [new_output("display_data", data=one) for one in data]
    return new_notebook(
        cells=[
            new_markdown_cell("### Pregunta s3-1", metadata={"tags": ["pregunta", "s3-1"]}),
            new_code_cell("practice.check('s3-1')", execution_count=1, outputs=outputs),
        ]
    )


@pytest.mark.parametrize(
    ("verdicts", "is_draft"),
    [((True,), False), ((False,), True), ((), True), ((None,), False), ((False, True), False), ((True, False), True)],
)
def test_the_last_verdict_decides(verdicts, is_draft):
    assert document.join([asking(*verdicts)]).metadata.draft is is_draft


def test_a_notebook_that_asks_nothing_is_no_draft_unless_it_is_said():
    other = new_notebook(cells=[new_markdown_cell("# Otro")])
    assert not document.join([other]).metadata.draft and document.join([other], draft=True).metadata.draft


def test_the_last_page_says_which_one():
    told = document.colophon([asking(False)], ["s3-1", "s3-2"])
    assert told[-1] == "Sin una comprobación que se cumpla: s3-1, s3-2."
    assert "Comprobaciones que se cumplen: 1." in document.colophon([asking(True)], ["s3-1"])[-2]


def test_a_cell_that_failed_makes_a_draft_of_its_section_and_of_the_memoria():
    fine, wrong = asking(True), asking(True)
    error = new_output("error", ename="E", evalue="v", traceback=["E: v"])
    wrong.cells.append(new_code_cell("1 / 0", execution_count=2, outputs=[error]))
    for notebook, is_draft in ((fine, False), (wrong, True)):
        assert document.section(notebook, SOLVED).metadata["draft"] is is_draft
        assert document.join([fine, notebook]).metadata.draft is is_draft
        assert (
            any("Celdas que han terminado en error: 1." in line for line in document.colophon([notebook], []))
            is is_draft
        )


def test_a_section_with_a_cell_that_did_not_run_is_a_draft():
    notebook = asking(True)
    notebook.cells.append(new_code_cell("1 / 1"))
    assert document.section(notebook, SOLVED).metadata["draft"]
