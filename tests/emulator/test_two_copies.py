"""Two copies of the workbook on one machine, everything running in both at once: neither touches the other."""

import re

import pytest
from pypdf import PdfReader

from tests.workbook_copy import WorkbookCopy, finished

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ADDRESS = re.compile(r"http://localhost:(\d+)")


@pytest.fixture
def copies(tmp_path):
    """Two copies; no port is asked for: that is the case."""
    made = [WorkbookCopy(tmp_path / name) for name in ("una", "otra")]
    yield made
    for copy in made:
        copy.run("stop")


def test_two_copies_make_their_memorias_at_the_same_time(copies, figures):
    made = [finished(started) for started in [copy.start("memoria") for copy in copies]]
    assert [status for _, status in made] == [0, 0], "\n".join(output for output, _ in made)
    texts = [
        "".join(page.extract_text() for page in PdfReader(copy.folder / "build" / "memoria.pdf").pages)
        for copy in copies
    ]
    whole = sum("Preguntas respondidas: 29 de 29." in text for text in texts)
    figures("two copies at once, each making its memoria", len(copies), whole)
    assert whole == len(copies) == 2

    states = [copy.run("status")[0] for copy in copies]
    ports = [ADDRESS.search(state)[1] for state in states]
    assert all("LocalStack: en marcha; " in state for state in states) and len(set(ports)) == 2
    for copy, port in zip(copies, ports, strict=True):
        # The one that lost the race for 4566 may have a log of its attempt there, and nothing else.
        assert [path.parent.name for path in copy.folder.glob("build/localstack/*/files")] == [port]

    one, other = copies
    family = other.instances()
    assert len(one.instances()) == len(family) == 1
    assert "LocalStack: parado" in one.run("stop")[0]
    assert one.instances() == [] and other.instances() == family
    assert "LocalStack: en marcha; " in other.run("status")[0]
