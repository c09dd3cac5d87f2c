"""A student with the handout and a fresh practice alone: all of it by two ways, and with one thing wrong at a time."""

import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from conftest import running_kernel

from helpers.notebook_file import read, tags
from helpers.practice import edition
from helpers.practice.answers import ANSWER_MARK, said_in
from helpers.practice.blanks import TO_DO
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import Workbook

IDS = [question.id for question in QUESTIONS]
TYPED = tomllib.loads(Path(__file__).with_name("student.toml").read_text("utf-8"))
MISTAKES_FILE = Path(__file__).with_name("mistakes.toml")
AUTHORS = 'grupo = "1301"\npareja = "7"\nautores = ["Ana García López"]\n'


def start(folder):
    """Write a fresh practice in `folder`, and the student's two functions and name."""
    edition.write(folder)
    practice = Workbook(folder)
    for name, code in TYPED["functions"].items():
        (practice.handlers / f"{name}.py").write_text(code.lstrip(), "utf-8")
    practice.authors.write_text(AUTHORS, "utf-8")
    return practice


def typed(practice, how):
    """Return the practice's notebooks by section, each blank filled by boto3 or by the aws command, as `how` says."""
    blanks, found = iter(TYPED["blanks"]), {}
    for section in SECTIONS:
        found[section.key] = notebook = read(section.notebook(practice))
        for cell in notebook.cells:
            role, *ids = tags(cell) or [""]
            if role == "respuesta":
                cell.source = f"{ANSWER_MARK} {TYPED['answers'][ids[0]]}"
            elif TO_DO in tags(cell) and cell.cell_type == "markdown":
                cell.source = TYPED["details"]
            elif TO_DO in tags(cell):
                blank = next(blanks)
                assert blank["question"] == ids[0], f"a blank for {ids[0]}, and {blank['question']} is typed"
                cell.source = blank[how].strip()
    assert next(blanks, None) is None
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["boto3", "aws"])
def test_everything_is_right_and_is_handed_in(cloud, tmp_path, how):
    practice = start(tmp_path / "mi práctica")
    for section in SECTIONS:
        nbformat.write(typed(practice, how)[section.key], section.notebook(practice))
    done = subprocess.run(
        [Path(sys.executable).with_name("si1p1"), "entrega", practice.root], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(practice.build / "entrega.zip") as delivery:
        names = delivery.namelist()
        cells = [
            cell
            for name in names
            if name.endswith(".ipynb")
            for cell in nbformat.reads(delivery.read(name).decode(), as_version=4).cells
        ]
    assert {one: said.ok for one, said in said_in(cells).items()} == dict.fromkeys(IDS, True)
    assert {"memoria.pdf", "LEEME.txt", "src/user_lambda_param.py", "src/user_get_lambda_dynamo.py"} <= {*names}
    assert len(re.findall(r"^[\w-]+ +sí +(?:ejecutada|–) +✓$", done.stdout, re.MULTILINE)) == len(IDS), done.stdout


# Wrong, one thing at a time. What a case says of the questions after `cause` is what follows from it.


@dataclass(frozen=True)
class Wrong:
    """A mistake: what is `old` in a cell, or in a file of the functions, is `new`."""

    what: str
    section: str
    where: str
    old: str
    new: str
    cause: str
    depending: dict[str, str] = field(default_factory=dict)

    def made_in(self, name, text):
        """Return the text of a cell or a file, with the mistake if it is made there."""
        if name != self.where:
            return text
        assert self.old in text, f"{self.where} has no {self.old}"
        return text.replace(self.old, self.new)


MISTAKES = [Wrong(**one) for one in tomllib.loads(MISTAKES_FILE.read_text("utf-8"))["mistakes"]]


def outputs(shown):
    """Return what a kernel has shown as the outputs of a cell."""
    return [content for kind, content in shown if kind in ("execute_result", "display_data")]


@pytest.fixture(scope="module")
def student(emulator, tmp_path_factory):
    """Return (a fresh practice, a kernel in it), both for all the cases."""
    practice = start(tmp_path_factory.mktemp("errores") / "práctica")
    with running_kernel(practice.notebooks) as kernel:
        yield practice, kernel


@pytest.mark.slow
@pytest.mark.parametrize("wrong", MISTAKES, ids=lambda wrong: f"{wrong.section}-{wrong.what}")
def test_a_mistake_is_told_by_its_question_and_the_others_say_that_they_depend_on_it(student, cloud, wrong):
    practice, kernel = student
    for path, content in edition.contents(practice).items():
        if path.parent == practice.handlers:
            text = TYPED["functions"].get(path.stem, content).lstrip()
            path.write_text(wrong.made_in(path.name, text), "utf-8")
    notebook = typed(practice, "boto3")[wrong.section]
    places = {cell.id for cell in notebook.cells} | {path.name for path in practice.handlers.iterdir()}
    assert wrong.where in places
    kernel.run("%reset -f")
    said, texts = {}, []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "panel" not in tags(cell):
            _, shown = kernel.run(wrong.made_in(cell.id, cell.source), timeout=150)
            found = said_in([{"outputs": outputs(shown)}])
            said |= found
            texts += [one["data"]["text/plain"] for one in outputs(shown) if found]
    causes = {one for one, verdict in said.items() if verdict.ok is False and not verdict.depends_on}
    depending = {one: verdict.depends_on for one, verdict in said.items() if verdict.depends_on}
    of_section = {question.id for question in QUESTIONS if question.section == wrong.section}
    assert (causes, depending) == ({wrong.cause}, wrong.depending), "\n".join(texts)
    assert said.keys() == of_section and not any(verdict.ok is None for verdict in said.values())
