"""Deliveries executed: what a right one gets, what a hostile one can do, and that it stops no other."""

import json
import shutil

import psutil
import pytest
from foreign import CHECK, OPEN, RIGHT, delivery, executed, listening, need_confinement, shown
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tries import ATTEMPT, FORGES, FUNCTION, HOOK, JOURNAL, PROCESSES, READS_AND_WRITES, STAYS, TOLD

from helpers.marking import rerun
from helpers.marking.judged_notebook import checked_in, judged_after

SECONDS = "98765"  # a number that no other `sleep` has


@pytest.fixture(params=[True, False], ids=["isolated", "not isolated"])
def isolated(request):
    if request.param:
        need_confinement()
    return request.param


@pytest.fixture
def his(tmp_path):
    """What is of who marks: a secret, a folder, and a port of another program."""
    secret = tmp_path / "casa" / ".ssh" / "id_rsa"
    secret.parent.mkdir(parents=True)
    secret.write_text("clave")
    (tmp_path / "fuera").mkdir()
    with listening() as port:
        yield {
            "secret": str(secret),
            "outside": str(tmp_path / "fuera"),
            "results": str(tmp_path / "resultados"),
            "port": port,
        }


def answers(text):
    """Return what the tries of a delivery tell: word -> whether it could."""
    lines = [line.partition(": ") for line in text.splitlines()]
    return {word: rest.startswith("True") for word, _, rest in lines if rest.startswith(("True", "False"))}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_a_delivery_tries_fails_if_it_is_isolated_and_only_then(tmp_path, his, isolated):
    cells = [one.format(**his, attempt=ATTEMPT) for one in (READS_AND_WRITES, FUNCTION, HOOK)]
    tried = delivery(tmp_path, "prueba", TOLD, RIGHT, CHECK, cells[0], PROCESSES, cells[1], cells[2], JOURNAL)
    found = executed([tried], tmp_path / "resultados", isolated=isolated)["prueba"]
    text = shown(found)
    assert found.reason is None
    assert found.verdicts["s3-1"].ok, found.verdicts
    could = answers(text)
    harm = {"reads a secret", "writes outside", "reaches a port", "reads its variables", "reads its memory",
            "enters its folder", "signals it", "writes the journal", "writes programs"}  # fmt: skip
    assert could["sees LocalStack"] and could["reads the journal"], text
    assert {word for word in harm if could[word]} == (set() if isolated else harm), text
    assert not could["writes results inside"] and not could["reaches the net"]
    for who in ("function", "script"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"{who}:")]
        expected = dict.fromkeys(["reads a secret", "writes outside", "reaches a port"], not isolated)
        assert str(expected)[1:-1] in line, line
        assert ("'writes the journal': True" in line) == (not isolated), line
    assert (tmp_path / "fuera" / "dentro.txt").exists() == (not isolated)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_stays_alive(tmp_path, isolated):
    staying = delivery(tmp_path, "prueba", TOLD, STAYS.format(seconds=SECONDS), "print('llega')")
    found = executed([staying], tmp_path / "resultados", isolated=isolated)["prueba"]
    assert "llega" in shown(found)
    commands = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert [one for one in commands if one[-1:] == [SECONDS] or str(tmp_path) in " ".join(one)] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_delivery_that_says_that_all_is_right_gains_nothing(tmp_path):
    need_confinement()
    forged = delivery(tmp_path, "prueba", TOLD, FORGES, CHECK)
    found = executed([forged], tmp_path / "resultados")["prueba"]
    assert found.verdicts["s3-1"].ok is False
    assert "todo bien" not in shown(found)
    assert answers(shown(found)) == {"writes a verdict": False}


ENDLESS = "while True: pass"
KILLS = "import os\nos.kill(os.getpid(), 9)"
PRINTS = "while True: print('x' * 1000)"
FILLS = """import os
for folder in (".", "/tmp", "/dev", "/dev/shm", os.environ["HOME"]):
    written = 0
    try:
        for number in range(20):
            with open(f"{folder}/lleno{number}", "wb") as file:
                for _ in range(1000):
                    written += file.write(b"x" * 100_000)
    except OSError as error:
        print(folder, "lleno:", written < 600_000_000, error)"""
FORKS = "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(300)"
HOARDS = (
    "import os\nfor _ in range(4):\n    if os.fork() == 0: break\nx = b'x' * 1_500_000_000\nimport time; time.sleep(60)"
)
BAD = {"sin fin": ENDLESS, "mata": KILLS, "imprime": PRINTS, "llena": FILLS, "procesos": FORKS, "memoria": HOARDS}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_delivery_that_breaks_something_stops_no_other(tmp_path, monkeypatch):
    need_confinement()
    monkeypatch.setattr(rerun, "CELL_S", 30)
    free = shutil.disk_usage(tmp_path).free
    tried = [delivery(tmp_path, name, cell, "print('sigue')") for name, cell in BAD.items()]
    tried += [delivery(tmp_path, "buena", RIGHT, CHECK)]
    found = executed(tried, tmp_path / "resultados")
    reasons = {name: one.reason for name, one in found.items()}
    assert reasons["buena"] is None and found["buena"].verdicts["s3-1"].ok
    assert reasons["sin fin"] == "03_s3.ipynb: la celda 2 no ha terminado en 30 segundos."
    assert reasons["mata"] == "03_s3.ipynb: el kernel ha muerto en la celda 2."
    assert reasons["imprime"] == "03_s3.ipynb: la celda 2 ha escrito demasiado, y se ha parado."
    assert reasons["procesos"] == "Ha arrancado más de 150 procesos, y se ha parado."
    assert reasons["memoria"] == "Ha pedido más de 3 GB de memoria, y se ha parado."
    assert shown(found["llena"]).count("lleno: True") == 5 and "sigue" in shown(found["llena"])
    assert free - shutil.disk_usage(tmp_path).free < 200_000_000


@pytest.mark.slow
def test_time_runs_out_for_one_and_for_all(tmp_path):
    need_confinement()
    tried = [delivery(tmp_path, name, ENDLESS) for name in ("una", "otra", "tercera")]
    found = executed(tried, tmp_path / "resultados", limit_s=8, total_s=12, at_once=1)
    reasons = [found[name].reason for name in ("una", "otra", "tercera")]
    assert reasons == [
        "No ha terminado en 8 segundos, y se ha parado.",
        "No ha terminado en el tiempo de todas, y se ha parado.",
        "No se ha ejecutado: se había acabado el tiempo de todas.",
    ]


def test_a_delivery_that_could_not_be_opened_is_not_executed(tmp_path):
    closed = delivery(tmp_path, "prueba").__class__("cerrada", tmp_path, None, ("Rota.",))
    found = executed([closed], tmp_path / "resultados", isolated=False)["cerrada"]
    assert (found.reason, found.verdicts) == ("No se ha podido abrir.", {})


GOOD = {"question": "s3-1", "ok": True, "text": "bien", "look_at": "", "depends_on": "", "notes": ["nota"]}


@pytest.mark.parametrize(
    ("told", "verdicts"),
    [
        ({"verdicts": [GOOD], "reasons": []}, {"s3-1": True}),
        ({"verdicts": [GOOD | {"question": "otra"}, GOOD | {"ok": "sí"}, GOOD | {"text": 1}, 3, None]}, {}),
        ({"verdicts": {"s3-1": GOOD}}, {}),
        ([GOOD], {}),
        ("[" * 100_000, {}),
        ("x" * (rerun.MAX_VERDICTS_BYTES + 1), {}),
    ],
)
def test_what_a_run_has_left_is_read_as_foreign(tmp_path, told, verdicts):
    (tmp_path / "veredictos.json").write_text(told if isinstance(told, str) else json.dumps(told))
    found = rerun.read_results("prueba", tmp_path)
    assert {question: one.ok for question, one in found.verdicts.items()} == verdicts


def test_a_link_in_the_place_of_the_results_is_not_followed(tmp_path):
    (tmp_path / "otro.json").write_text(json.dumps({"verdicts": [GOOD]}))
    (tmp_path / "veredictos.json").symlink_to(tmp_path / "otro.json")
    assert rerun.read_results("prueba", tmp_path).verdicts == {}


@pytest.mark.parametrize(
    ("source", "questions", "only"),
    [
        (CHECK, ["s3-1"], True),
        ("# comprueba\npractice.check('s3-1')\n\ncheck('s3-2')", ["s3-1", "s3-2"], True),
        ("!ls\npractice.check('s3-1')", ["s3-1"], False),
        ("x = practice.check('s3-1')", ["s3-1"], False),
        ("for one in ['s3-1']: practice.check(one)", [], False),
        ("practice.check('s3-1'", [], False),
        (OPEN, [], False),
    ],
)
def test_what_a_cell_checks_is_told_by_its_text(source, questions, only):
    found = checked_in(new_code_cell(source))
    assert (found.questions, found.only) == (questions, only)


def test_a_question_without_a_check_is_judged_after_its_cells_or_at_the_end():
    tagged = new_code_cell("1", metadata={"tags": ["evidencia", "s3-1"]})
    notebook = new_notebook(cells=[tagged, new_markdown_cell("…"), new_code_cell("2")])
    assert judged_after(notebook, "s3") == {0: ["s3-1"], 2: ["s3-2"]}
    notebook.cells.append(new_code_cell("practice.check('s3-2')"))
    notebook.cells.append(new_code_cell("practice.check('s3-2')"))
    assert judged_after(notebook, "s3") == {0: ["s3-1"], 3: ["s3-2"], 4: ["s3-2"]}
