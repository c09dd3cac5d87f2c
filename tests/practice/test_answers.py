"""The progress: which questions are answered, and what their checks said, as the notebooks are saved."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers import practice, workbook
from helpers.practice import answers
from helpers.practice.blanks import blank
from helpers.practice.checks.verdict import Verdict
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import SOLVED, Workbook

pytestmark = pytest.mark.static


def checked(question, ok):
    """Return an executed cell whose last expression was a check."""
    data = Verdict(question, ok, "texto")._repr_mimebundle_()
    return new_code_cell(f'practice.check("{question}")', outputs=[new_output("execute_result", data=data)])


def answered(question, text):
    return new_markdown_cell(f"**Respuesta.** {text}", metadata={"tags": ["respuesta", question]})


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """A workbook with section 3 half done, some of 5 and nothing else."""
    made = Workbook(tmp_path)
    made.notebooks.mkdir()
    monkeypatch.setattr(workbook, "_current", made)
    s3 = [answered("s3-1", "Crea un bucket."), answered("s3-2", "…"), checked("s3-1", False), checked("s3-1", True)]
    api = [answered("api-1", "x1y2z3x1y2"), checked("api-1", True), checked("rutas-1", False), checked("api-2", None)]
    nbformat.write(new_notebook(cells=s3), made.notebooks / "03_s3.ipynb")
    nbformat.write(new_notebook(cells=api), made.notebooks / "05_api_gateway.ipynb")
    return made


def test_the_last_verdict_of_each_question_counts(saved):
    assert answers.verdicts(saved) == {"s3-1": True, "api-1": True, "rutas-1": False, "api-2": None}


def test_the_table_counts_by_section(saved):
    table = practice.progress()
    assert table.columns.tolist() == ["Sección", "Preguntas", "Respondidas", "Bien", "Mal", "Sin comprobar"]
    assert table.values.tolist() == [
        ["3. AWS S3", 2, 1, 1, 0, 1],
        ["4. AWS Lambda", 5, 0, 0, 0, 5],
        ["5. API Gateway", 14, 1, 1, 1, 12],
        ["6. DynamoDB", 8, 0, 0, 0, 8],
        ["Total", len(QUESTIONS), 2, 2, 1, 26],
    ]


@pytest.mark.parametrize("said", [None, 3, [], {}, {"question": "s3-1", "ok": "sí"}, {"question": ["s3-1"], "ok": 2}])
def test_what_is_not_a_verdict_is_none(said):
    cell = new_code_cell("x", outputs=[new_output("display_data", data={"text/plain": "x"})])
    cell.outputs[0].data["application/vnd.si1p1.verdict+json"] = said
    assert answers.verdicts_in([cell, new_markdown_cell("x")]) == {}


def test_a_verdict_says_whose_fault_it_is():
    data = Verdict("rutas-2", False, "texto", depends_on="rutas-1")._repr_mimebundle_()
    cell = new_code_cell("x", outputs=[new_output("display_data", data=data)])
    assert answers.said_in([cell]) == {"rutas-2": answers.Said(False, "rutas-1")}
    cell.outputs[0].data["application/vnd.si1p1.verdict+json"]["depends_on"] = ["rutas-1"]
    assert answers.said_in([cell]) == {"rutas-2": answers.Said(False)}


ANSWERS = [
    ("Con `cp` y el nombre nuevo.", ""),
    ("Sí, pero vacío", ""),
    ("![image.png](attachment:image.png)", ""),
    ("", "en blanco"),
    ("…", "en blanco"),
    ("<!-- Con cp y el nombre nuevo -->", "en blanco"),
    ("\u200b **_** \n\n- \n", "en blanco"),
    ("asdf", "una sola palabra"),
    ("**asdf**.", "una sola palabra"),
    ("asdf asdf ASDF", "una sola palabra"),
    ("s3-2: asdf", "una sola palabra"),
    ("a1b2c3d4e5", "una sola palabra"),
    (next(one.statement for one in QUESTIONS if one.id == "s3-2").replace("`", ""), "es el enunciado"),
]


@pytest.mark.parametrize(("text", "fault"), ANSWERS)
def test_what_counts_as_an_answer(text, fault):
    assert answers.faults([answered("s3-2", text)]).get("s3-2", "") == fault


@pytest.mark.parametrize(
    ("question", "text", "counts"),
    [
        ("api-1", "a1b2c3d4e5", True),
        ("api-1", "`a1b2c3d4e5`.", True),
        ("rutas-1", "Id: a1b2c3d4e5", True),
        ("lambda-1", "`nodejs22.x`", True),
        ("api-1", "asdf", False),
        ("api-1", "user_lambda", False),
        ("lambda-1", "JavaScript", False),
        ("rutas-3", "No.", False),
        ("rutas-3", "No: serían iguales.", True),
    ],
)
def test_an_identifier_alone_answers_the_questions_that_ask_for_one(question, text, counts):
    assert (question in answers.answers([answered(question, text)])) is counts


SAME = "Se ve en la tabla."


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        (("s3-1", SAME), ("get-2", SAME), False),
        (("s3-1", SAME), ("get-2", "**Se ve** en la Tabla"), False),
        (("s3-1", "Respuesta a s3-1, larga"), ("get-2", "respuesta a get-2: larga"), False),
        (("s3-1", "Con delete-integration, y ya."), ("get-2", "Con delete-method, y ya."), True),
        (("api-1", "El identificador es a1b2c3d4e5"), ("rutas-1", "El identificador es f6g7h8i9j0"), True),
        (("metodos-2", "Con `get-resources`"), ("integracion-2", "Con get-resources"), True),
        (("metodos-2", "Con get-resources"), ("s3-2", "Con get-resources"), False),
    ],
)  # fmt: skip
def test_the_text_of_another_question_is_no_answer_unless_both_ask_alike(one, other, counts):
    found = answers.faults([answered(*one), answered(*other)])
    if counts:
        assert one[0] not in found and other[0] not in found
    else:
        assert found[one[0]] == f"igual que {other[0]}" and found[other[0]] == f"igual que {one[0]}"


def test_29_times_the_same_is_no_answer_at_all():
    found = answers.faults(answered(question.id, SAME) for question in QUESTIONS)
    assert len(found) == 29 and found["get-2"] == "igual que s3-1 y 27 más"


def test_an_answer_in_two_cells_is_one_and_one_without_its_cell_says_so():
    cells = [answered("s3-1", "mb"), answered("s3-1", "crea buckets")]
    assert answers.answers(cells) == {"s3-1"} and answers.faults(cells)["s3-2"] == "falta su celda"


@pytest.mark.parametrize(
    "tags", [None, 3, [], [3], ["respuesta"], ["respuesta", ["s3-1"]], "respuesta", {"respuesta": 1}]
)
def test_tags_that_make_no_sense_are_none(tags):
    cell = new_markdown_cell("Una respuesta.")
    cell.metadata["tags"] = tags
    assert answers.answers([cell]) == set()


def test_the_solved_workbook_answers_all_and_the_untouched_edition_none():
    notebooks = [nbformat.read(section.notebook(SOLVED), as_version=4) for section in SECTIONS]
    assert answers.faults(cell for notebook in notebooks for cell in notebook.cells) == {}
    untouched = [cell for notebook in notebooks for cell in blank(notebook).cells]
    assert answers.answers(untouched) == set() and set(answers.faults(untouched).values()) == {"en blanco"}
