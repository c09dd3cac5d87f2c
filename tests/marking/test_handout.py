"""What is handed out: a folder that works by itself, with no solution in it."""

import os
import re
import subprocess
import sys
import tomllib

import nbformat
import pytest

from helpers import notebook_file
from helpers.errors import TemplateError
from helpers.practice import blanks, edition, handout
from helpers.practice.questions import SECTIONS
from helpers.practice.unfinished import UNFINISHED
from helpers.workbook import EDITION_RECORD, INSTALLATION, SOLVED, Workbook

# Shorter ones are anybody's.
LEAST = 20


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The folder that is handed out."""
    return handout.write(tmp_path_factory.mktemp("repartida") / "mi práctica")


def lines_of(text):
    lines = {line.strip() for line in text.splitlines()}
    return {line for line in lines if len(line) > LEAST and not re.match("(from|import) |[|:-]+$", line)}


def is_solution(cell):
    """Tell whether a cell of the solved notebooks is the student's to write, or only there."""
    tags = set(notebook_file.tags(cell))
    return bool(tags & {"respuesta", blanks.BLANK, blanks.ONLY_SOLVED}) and blanks.ONLY_EDITION not in tags


def solution():
    """Return the lines of the solution that nothing of what is given has."""
    cells = [cell for path in SOLVED.notebook_files() for cell in notebook_file.read(path).cells]
    code = {path.stem: path.read_text("utf-8") for path in SOLVED.code_files()}
    found = [cell.source for cell in cells if is_solution(cell)] + [code[name] for name in UNFINISHED]
    given = [cell.source for cell in cells if not is_solution(cell)]
    given = "\n".join(given + [text for name, text in code.items() if name not in UNFINISHED])
    return {line for line in lines_of("\n".join(found)) if line not in given}


def said(name, text):
    """Return a file's text; a notebook's, as its cells say it."""
    if not name.endswith(".ipynb"):
        return text
    return "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)


def texts(folder):
    """Yield the name and the text of each file that is handed out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".png":
            yield path.relative_to(folder).as_posix(), said(path.name, path.read_text("utf-8"))


def paths_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_no_line_of_the_solution_is_anywhere_in_it(given):
    lines = solution()
    assert len(lines) > 200
    told = dict(texts(given))
    assert len(told) > 200
    assert {name: found for name, text in told.items() if (found := {line for line in lines if line in text})} == {}


def test_there_is_no_pdf_and_no_test_that_tells_the_answers(given):
    names = paths_in(given)
    assert not [name for name in names if name.endswith((".pdf", "answer_words.json", "student.toml", "mistakes.toml"))]
    assert {name for name in names if re.fullmatch("tests/.*/?test_.*", name)} == {
        "tests/practice/test_handlers.py", "tests/practice/test_own_functions.py", "tests/practice/test_user_rest.py",
    }  # fmt: skip
    assert {"notebooks/03_s3.ipynb", "handlers/user_rest.py", "autores.toml", "requirements.lock"} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_its_readme_speaks_of_what_is_there(given):
    text = (given / "README.md").read_text("utf-8")
    for address in re.findall(r"\]\(([^)]+)\)", text):
        assert address.startswith("https://") or (given / address).exists(), address
    makefile = (given / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {"lab", "memoria", "entrega", "test", "clean"} <= targets and not targets & set(handout.TARGETS)
    said = re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)[1].split()
    assert set(said) == targets | {"start", "stop", "restart", "status"} and "4 minutos" not in makefile
    assert set(re.findall(r"make ([a-z-]+)", text)) <= set(said)
    assert "resuelto" not in text and "practica/" not in text
    assert "se borra todo" not in text  # which is what borrado-1 asks


def test_nothing_is_written_over_nor_inside(given, tmp_path):
    with pytest.raises(TemplateError, match="ya existe y tiene algo"):
        handout.write(given)
    with pytest.raises(TemplateError, match="da el nombre de una carpeta fuera de ella"):
        handout.write(INSTALLATION / "reparto")
    (tmp_path / "archivo").touch()
    with pytest.raises(TemplateError, match="No se puede escribir en"):
        handout.write(tmp_path / "archivo" / "dentro")


def test_a_class_gets_besides_what_installs_it_and_everybody_can_read_it(given, tmp_path):
    before = os.umask(0o077)
    try:
        folder = handout.write(tmp_path / "aula", classroom=True)
    finally:
        os.umask(before)
    more = paths_in(folder) - paths_in(given)
    assert {"hub/install.sh", "hub/server.sh", "hub/jupyterhub_config.py", "hub/requirements.lock"} <= more
    assert {name.split("/")[0] for name in more} == {"hub"} and paths_in(given) <= paths_in(folder)
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    assert all(mode & 0o044 == 0o044 for mode in modes.values())
    assert all(mode & 0o011 == 0o011 for path, mode in modes.items() if path.is_dir() or path.suffix == ".sh")
    lines = solution()
    assert not [name for name, text in texts(folder) if name in more and any(line in text for line in lines)]


def test_who_shares_an_installation_without_solutions_gets_a_practice_from_it(given, tmp_path, monkeypatch):
    monkeypatch.setattr(edition, "SOLVED", Workbook(given))
    with pytest.raises(TemplateError, match="ya son los tuyos"):
        edition.write(tmp_path / "practica")
    monkeypatch.setattr(edition, "IS_SHARED", True)
    edition.write(tmp_path / "practica")
    of_it = {path for path in paths_in(tmp_path / "practica") if (tmp_path / "practica" / path).is_file()}
    assert {"autores.toml", EDITION_RECORD} <= of_it and len(of_it) > 2 * len(SECTIONS)
    for name in of_it:
        assert (tmp_path / "practica" / name).read_bytes() == (given / name).read_bytes(), name


def run(given, *words):
    """Run something in the folder with its own helpers and this environment's packages; return what it printed."""
    env = os.environ | {"PYTHONPATH": str(given)}
    done = subprocess.run([sys.executable, *words], cwd=given, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_its_commands_take_it_for_the_students_own(given):
    code = (
        "from helpers import cli; from helpers.practice import delivery; chosen = cli.choose(None); cli.tell(chosen);"
        "delivery.refuse_solved(chosen)"
    )
    assert run(given, "-c", code) == "Cuadernos: notebooks (los tuyos).\n"
    for words in (["practica"], ["practica", "--actualiza"]):
        assert "ya son los tuyos, sin resolver" in run(given, "-m", "helpers.cli", *words)
    assert "Se corrige desde el cuaderno resuelto" in run(given, "-m", "helpers.cli", "corrige", "README.md")


@pytest.mark.slow
def test_its_tests_are_those_that_a_student_should_pass(given):
    """As it comes, what fails is of the functions to write; with ours or with a student's, nothing does."""
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "-rf")
    failed = re.findall(r"^FAILED (\S+)", run(given, *words), re.MULTILINE)
    assert len(failed) == 3 and all(re.search("user_lambda_param|user_get_lambda_dynamo", one) for one in failed)
    before = {name: (given / "handlers" / f"{name}.py").read_text("utf-8") for name in UNFINISHED}
    ours = {name: (SOLVED.handlers / f"{name}.py").read_text("utf-8") for name in UNFINISHED}
    typed = tomllib.loads((INSTALLATION / "tests" / "practice" / "student.toml").read_text("utf-8"))["functions"]
    try:
        for functions in (ours, typed):
            for name, text in functions.items():
                (given / "handlers" / f"{name}.py").write_text(text, "utf-8")
            said = run(given, *words)
            assert " passed" in said and "failed" not in said, said
    finally:
        for name, text in before.items():
            (given / "handlers" / f"{name}.py").write_text(text, "utf-8")
