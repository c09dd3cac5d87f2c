"""What `make bench` writes in its page: each part in its own place, and nothing else moved."""

import subprocess
import sys

import pytest

from benchmarks import report
from helpers.workbook import INSTALLATION


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=INSTALLATION, capture_output=True, text=True, check=False
    )


@pytest.fixture
def page(tmp_path, monkeypatch):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- waits -->\nold\n<!-- end of waits -->\nafter\n", "utf-8")
    monkeypatch.setattr(report, "README", page)
    return page


def test_a_part_replaces_what_is_between_its_marks_alone(page):
    report.write("waits", ["| wait |", r"| \1 |"])
    assert page.read_text("utf-8") == ("before\n<!-- waits -->\n| wait |\n| \\1 |\n<!-- end of waits -->\nafter\n")


def test_a_part_without_a_place_says_so_and_changes_nothing(page):
    before = page.read_text("utf-8")
    with pytest.raises(ValueError, match="has no place for cost"):
        report.write("cost", ["| cost |"])
    assert page.read_text("utf-8") == before


@pytest.mark.slow
def test_each_part_has_its_place_in_the_page():
    parts = run("nothing").stderr.rpartition("there are ")[2].strip().split(", ")
    text = report.README.read_text("utf-8")
    assert len(parts) > 1
    assert [part for part in parts if f"<!-- {part} -->\n" not in text or f"<!-- end of {part} -->" not in text] == []


def test_a_ratio_is_told_where_there_is_one():
    assert (report.ratio(3, 2), report.ratio(None, 2), report.ratio(3, None)) == ("1.50 ×", "–", "–")
    assert (report.number(1.25, 2), report.number(None)) == ("1.25", "not possible")
