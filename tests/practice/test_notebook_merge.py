"""A newer edition merged into a student's cells: what was typed stays, what was not touched is renewed."""

import copy
import json
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.practice import notebook_json
from helpers.practice.notebook_merge import digests, merge, text_of


def cell(name, text, kind="markdown", tags=()):
    found = {"id": name, "cell_type": kind, "source": text, "metadata": {"tags": list(tags)} if tags else {}}
    return found | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def texts(cells):
    return [text_of(one) for one in cells]


BEFORE = [
    cell("titulo", "# Título"),
    cell("dado", "s3 = 1\ntables.x(s3)", "code"),
    cell("q-pregunta", "¿Qué?", tags=("pregunta", "q")),
    cell("q-hueco", "# Escribe aquí", "code", ("evidencia", "q", "por-hacer")),
    cell("q-comprobar", 'practice.check("q")', "code", ("evidencia", "q")),
    cell("q-respuesta", "**Respuesta.** …", tags=("respuesta", "q")),
    cell("final", "Fin."),
]


def mine(**changed):
    """Return the edition's cells with other texts by id, in which - is _; None is a cell that is not there."""
    names = {name.replace("_", "-"): text for name, text in changed.items()}
    found = copy.deepcopy([one for one in BEFORE if names.get(one["id"], "") is not None])
    for one in found:
        one["source"] = names.get(one["id"], one["source"])
    return found


def newer(**changed):
    return mine(**changed)


def merged(student, edition, written=True):
    return merge(student, edition, digests(BEFORE) if written else None)


def test_what_was_not_touched_is_renewed_and_what_was_is_not():
    done = merged(
        mine(q_hueco="hecho()", q_respuesta="**Respuesta.** Mía."),
        newer(
            titulo="# Otro",
            q_hueco="# Escribe",
            q_comprobar='practice.check("q")  # más',
            q_respuesta="**Respuesta.** (otra)",
        ),
    )
    assert texts(done.cells) == [
        "# Otro", "s3 = 1\ntables.x(s3)", "¿Qué?", "hecho()", 'practice.check("q")  # más', "**Respuesta.** Mía.",
        "Fin.",
    ]  # fmt: skip
    assert (done.renewed, done.filled) == (["titulo", "q-comprobar"], ["q-hueco", "q-respuesta"])
    assert not done.edited and not done.undecided


def test_what_both_changed_stays_as_the_student_has_it_and_is_told():
    done = merged(mine(dado="s3 = 2"), newer(dado="s3 = 3"))
    assert texts(done.cells)[1] == "s3 = 2" and done.undecided == {"dado": "s3 = 3"}
    again = merge(done.cells, newer(dado="s3 = 3"), digests(newer(dado="s3 = 3")))
    assert again.cells == done.cells and again.edited == ["dado"] and not again.undecided


def test_own_cells_stay_after_the_cell_that_they_follow():
    student = mine()
    student.insert(0, cell("mia-0", "al principio"))
    student.insert(3, cell("mia-1", "nota"))
    student.append(cell("mia-2", "al final"))
    edition = newer(dado=None)
    edition.insert(1, cell("nuevo", "Nuevo."))
    edition[-1], edition[0] = edition[0], edition[-1]
    done = merged(student, edition)
    order = [one["id"] for one in done.cells]
    assert order[0] == "mia-0" and order[order.index("mia-2") - 1] == "final" and "nuevo" in order
    assert order[order.index("mia-1") - 1] == "titulo"  # the cell that it followed is gone: the one before that
    assert done.dropped == ["dado"] and done.own == ["mia-0", "mia-1", "mia-2"]


def test_cells_that_the_student_moved_stay_where_they_are_and_the_rest_follow_the_edition():
    student = mine()
    student.append(student.pop(1))
    edition = newer(dado="s3 = 3")
    edition.insert(2, edition.pop(0))
    order = [one["id"] for one in merged(student, edition).cells]
    assert order == ["q-pregunta", "titulo", "q-hueco", "q-comprobar", "q-respuesta", "final", "dado"] or order == [
        "titulo", "q-pregunta", "q-hueco", "q-comprobar", "q-respuesta", "final", "dado"
    ]  # fmt: skip
    assert text_of(merged(student, edition).cells[-1]) == "s3 = 3"


def test_a_deleted_cell_does_not_come_back_but_a_question_its_answer_and_its_check_do():
    done = merged(mine(dado=None, q_hueco=None), newer())
    assert done.not_back == ["dado", "q-hueco"] and not done.added
    done = merged(mine(q_pregunta=None, q_respuesta=None, q_comprobar=None), newer())
    assert done.cells == BEFORE and done.added == ["q-pregunta", "q-comprobar", "q-respuesta"]


@pytest.mark.parametrize("written", [True, False], ids=["recorded", "not recorded"])
def test_a_split_cell_does_not_come_back(written):
    """JupyterLab gives each half a new id, and the tags of the whole."""
    student = mine(dado=None, q_respuesta=None)
    student[1:1] = [cell("a1", "s3 = 1", "code"), cell("a2", "\ntables.x(s3)", "code")]
    student[-1:-1] = [cell(name, name, tags=("respuesta", "q")) for name in ("b1", "b2")]
    done = merged(student, newer(), written)
    assert texts(done.cells) == texts(student) and done.own == ["a1", "a2", "b1", "b2"]


def test_removed_tags_come_back_and_the_students_own_stay():
    student = mine()
    student[5]["metadata"] = {"tags": ["importante"]}
    student[3]["metadata"] = {"tags": ["evidencia", "q", "repasar"]}
    student[2]["metadata"] = {}
    done = merged(student, newer())
    tags = [one["metadata"].get("tags", []) for one in done.cells]
    assert tags[5] == ["respuesta", "q", "importante"] and tags[3] == ["evidencia", "q", "por-hacer", "repasar"]
    assert tags[2] == ["pregunta", "q"] and done.renewed == ["q-pregunta", "q-hueco", "q-respuesta"]


def test_a_renewed_cell_loses_its_outputs_and_the_others_keep_theirs():
    student = mine(q_hueco="hecho()")
    for one in student:
        if one["cell_type"] == "code":
            one["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    done = merged(student, newer(dado="s3 = 3"))
    assert [bool(one["outputs"]) for one in done.cells if one["cell_type"] == "code"] == [False, True, True]


def test_without_a_record_what_differs_is_kept_and_told():
    done = merged(mine(dado="s3 = 2", q_respuesta="**Respuesta.** Mía.", final=None), newer(titulo="# Otro"), False)
    assert texts(done.cells)[:2] == ["# Título", "s3 = 2"] and texts(done.cells)[-1] == "Fin."
    assert done.undecided == {"titulo": "# Otro", "dado": "s3 = 1\ntables.x(s3)"} and done.added == ["final"]


def test_what_the_edition_no_longer_has_goes_unless_the_student_changed_it():
    done = merged(mine(dado="s3 = 2"), newer(dado=None, titulo=None))
    assert texts(done.cells)[0] == "s3 = 2" and done.dropped == ["titulo"] and done.own == ["dado"]


def test_an_answer_that_the_edition_names_anew_is_not_there_twice():
    edition = newer()
    edition[5]["id"] = "q-contestacion"
    done = merged(mine(q_respuesta="**Respuesta.** Mía."), edition)
    assert [text for text in texts(done.cells) if "Respuesta" in text] == ["**Respuesta.** Mía."]
    assert texts(merged(mine(), edition).cells) == texts(BEFORE)


def test_cells_without_ids_or_with_repeated_ones_are_known_by_their_text():
    student = mine(q_hueco="hecho()")
    for one in student:
        del one["id"]
    done = merged(student, newer(titulo="# Otro"))
    assert sorted(texts(done.cells)) == sorted(["# Otro", *texts(student)[1:]]) and done.renewed == ["titulo"]
    twice = merged([*student, *student], newer()).cells
    assert len({one["id"] for one in twice}) == len(twice) == 14
    student = mine()
    student.insert(2, student[1] | {"source": "copia = 1"})
    student.append(student[0] | {"id": 7})
    done = merged(student, newer())
    ids = [one["id"] for one in done.cells]
    assert (
        len(set(ids)) == len(ids) == 9 and "copia = 1" in texts(done.cells) and texts(done.cells).count("# Título") == 2
    )


# Random: an edition, a newer one, and what a student did with the first.

TYPED = st.text(st.characters(codec=None, categories=None), max_size=12)
ROLES = [(), (), ("pregunta", "q"), ("evidencia", "q"), ("respuesta", "q"), ("panel",)]


@dataclass
class Student:
    """A student's cells, what was typed in them, and the ids of the cells that are no more as they came."""

    cells: list
    typed: list = field(default_factory=list)
    touched: set = field(default_factory=set)

    def note(self, text):
        """Return a text that is nowhere else."""
        self.typed.append(f"mío-{len(self.typed)}-{text}")
        return self.typed[-1]


def edit(draw, student, at):
    one = student.cells[at]
    student.touched.add(one.get("id"))
    kept = text_of(one) if draw(st.booleans()) else "\n".join(t for t in student.typed if t in text_of(one))
    one["source"] = f"{kept}\n{student.note(draw(TYPED))}"


def insert(draw, student, at):
    name, kind = f"own-{len(student.typed)}", draw(st.sampled_from(["code", "raw"]))
    student.cells.insert(at, cell(name, student.note(draw(TYPED)), kind))


def delete(draw, student, at):
    gone = student.cells.pop(at)
    student.touched.add(gone.get("id"))
    student.typed = [text for text in student.typed if text not in text_of(gone)]


def split(draw, student, at):
    whole = student.cells.pop(at)
    student.touched.add(whole.get("id"))
    text = text_of(whole)
    middle = max((text.find(typed) for typed in student.typed), default=-1)
    middle = text.find("\n") if middle < 0 else middle
    for half in (text[max(middle, 0) :], text[: max(middle, 0)]):
        student.cells.insert(at, whole | {"id": f"half-{len(student.touched)}-{len(student.cells)}", "source": half})


def move(draw, student, at):
    student.cells.insert(draw(st.integers(0, len(student.cells) - 1)), student.cells.pop(at))


def retag(draw, student, at):
    tags = draw(st.sampled_from([None, [], ["mía"], ["respuesta", "q"], ["panel"], "panel", [3]]))
    student.cells[at]["metadata"] = {} if tags is None else {"tags": tags}


def repeat_id(draw, student, at):
    other = draw(st.sampled_from(student.cells))
    student.touched |= {student.cells[at].get("id"), other.get("id")}
    student.cells[at] = student.cells[at] | {"id": other.get("id")}


def lose_id(draw, student, at):
    student.touched.add(student.cells[at].get("id"))
    student.cells[at] = {name: value for name, value in student.cells[at].items() if name != "id"}


def change_type(draw, student, at):
    student.touched.add(student.cells[at].get("id"))
    student.cells[at]["cell_type"] = draw(st.sampled_from(["code", "markdown", "raw", "otro"]))


def to_lines(draw, student, at):
    student.cells[at]["source"] = text_of(student.cells[at]).splitlines(keepends=True)


EDITS = [edit, edit, insert, delete, split, move, move, retag, repeat_id, lose_id, change_type, to_lines]


@st.composite
def cases(draw):
    """Return (first edition, newer edition, the student's cells, whether there is a record)."""
    kinds = st.sampled_from(["code", "markdown"])
    drafts = st.tuples(st.sampled_from(["uno", "dos\ntres", "dos\n\ncuatro", ""]), kinds, st.sampled_from(ROLES))
    first = [cell(f"c{at}", *one) for at, one in enumerate(draw(st.lists(drafts, max_size=7)))]
    second = [copy.deepcopy(one) for one in first if draw(st.integers(0, 5))]
    for one in second:
        if not draw(st.integers(0, 2)):
            one["source"] += " nuevo"
    for at in draw(st.lists(st.integers(0, 9), max_size=3, unique=True)):
        second.insert(min(at, len(second)), cell(f"n{at}", f"nueva {at}", draw(kinds), draw(st.sampled_from(ROLES))))
    if draw(st.booleans()):
        second = draw(st.permutations(second))
    student = Student(copy.deepcopy(first))
    for _ in range(draw(st.integers(0, 8))):
        action = draw(st.sampled_from(EDITS)) if student.cells else insert
        action(draw, student, draw(st.integers(0, len(student.cells) - 1)) if student.cells else 0)
    return first, second, student, draw(st.booleans())


@pytest.mark.parametrize(
    "examples", [pytest.param(200, id="fast"), pytest.param(5000, id="thorough", marks=pytest.mark.slow)]
)
@pytest.mark.timeout(600)
def test_whatever_was_done_what_was_typed_is_there_and_the_rest_is_new(examples):
    @settings(max_examples=examples, deadline=None)
    @given(cases())
    def holds(case):
        first, second, student, is_recorded = case
        given = copy.deepcopy(student.cells)
        done = merge(student.cells, second, digests(first) if is_recorded else None)
        assert student.cells == given
        ids = [one["id"] for one in done.cells]
        assert len(set(ids)) == len(ids)
        together = "\0".join(texts(done.cells))
        assert [text for text in student.typed if text not in together] == []
        by_id = {one["id"]: one for one in done.cells}
        own = [by_id[name]["metadata"].get("tags") for name in done.own]
        if is_recorded:
            for one in second:
                if one["id"] not in student.touched and (one["id"] in by_id or one["metadata"].get("tags") not in own):
                    assert text_of(by_id[one["id"]]) == text_of(one)
        # The same edition again takes no text away, and a file gives back the same cells.
        again = merge(done.cells, second, digests(second))
        assert Counter(texts(done.cells)) <= Counter(texts(again.cells)) and not again.undecided
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": done.cells}
        assert texts(notebook_json.parse(notebook_json.to_bytes(notebook))["cells"]) == texts(done.cells)

    holds()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"cells": [', r"no es JSON \(línea 1, columna 12\)"),
        ('{"cells": "ñ"}'.encode("latin-1"), "no está en UTF-8"),
        (b'{"nbformat": 99, "cells": [], "metadata": {}}', "su formato es el 99, y se espera el 4"),
        (b'{"nbformat": 3, "worksheets": [], "metadata": {}}', "su formato es el 3"),
        (b"[" * 200_000, "no se puede leer"),
        (b'{"nbformat": ' + b"4" * 5000 + b"}", "no se puede leer"),
        (b"[]", "no es un cuaderno"),
        (b"", "no es JSON"),
        (b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "metadata": {}}]}', "le falta algo"),
        (json.dumps({"nbformat": 4, "metadata": {}, "cells": [None]}).encode(), "le falta algo"),
    ],
)
def test_what_is_no_notebook_is_told(content, reason):
    with pytest.raises(ValueError, match=reason):
        notebook_json.parse(content)
