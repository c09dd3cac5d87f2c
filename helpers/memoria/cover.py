"""What the first and the last page of a document say, from the metadata of its notebook."""

import datetime
from dataclasses import dataclass

from nbformat import NotebookNode

from helpers.memoria import document

MONTHS = ["enero", "febrero", "marzo", "abril", "mayo", "junio",
          "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]  # fmt: skip


@dataclass(frozen=True)
class Cover:
    """What the document's first and last pages say, by the names that memoria.typ gives them."""

    title: str
    subtitle: str
    school: str
    degree: str
    authors: list[str]
    group: str
    date: str
    draft: bool
    missing: list[str]
    colophon: list[str]


def cover_of(notebook: NotebookNode, name: str | None) -> Cover:
    """Return the cover of `notebook`, whose file is called `name`; of its metadata, what is of its type."""
    said = notebook.metadata
    words = {
        key: said[key]
        for key in ("title", "subtitle", "school", "degree", "group", "pair")
        if isinstance(said.get(key), str)
    }
    place = [f"{label} {words[key]}" for key, label in (("group", "Grupo"), ("pair", "Pareja")) if words.get(key)]
    authors = [author.get("name") if isinstance(author, dict) else author for author in said.get("authors", [])]
    ending, lacking = said.get("colophon"), said.get("missing")
    today = datetime.date.today()
    return Cover(
        title=words.get("title") or name or "Memoria",
        subtitle=words.get("subtitle", ""),
        school=words.get("school", ""),
        degree=words.get("degree", ""),
        authors=[author for author in authors if isinstance(author, str)],
        group=" · ".join(place),
        date=f"{today.day} de {MONTHS[today.month - 1]} de {today.year}",
        draft=said.get("draft") is True,
        missing=[one for one in lacking if isinstance(one, str)] if isinstance(lacking, list) else [],
        colophon=[sentence for sentence in ending if isinstance(sentence, str)]
        if isinstance(ending, list)
        else document.colophon([notebook], document.asked(notebook)),
    )
