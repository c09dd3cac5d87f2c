"""The audit tells three results apart: found, nothing found, and could not look."""

import json
import subprocess

import pytest
from packaging.version import Version
from pip_audit._format import JsonFormat
from pip_audit._service import ResolvedDependency, SkippedDependency, VulnerabilityResult

from tests.conftest import free_port
from tools import audit
from tools.install import DEV_LOCK, LOCK

CLEAN = ResolvedDependency("quart", Version("1.0")), []
UNKNOWN = SkippedDependency("jinja2", "Dependency not found on PyPI"), []
OPEN = ResolvedDependency("cbor2", Version("5.0")), [VulnerabilityResult("PYSEC-2026-1", "x", [Version("6.0")], set())]


def report(*results):
    """Return what pip-audit writes of these results, as its own formatter does."""
    return json.loads(JsonFormat(output_desc=False, output_aliases=False).format(dict(results), []))


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (report(CLEAN), audit.CLEAN, "Paquetes mirados: 1; vulnerabilidades conocidas: 0."),
        (report(CLEAN, OPEN), audit.FOUND, "cbor2 5.0: PYSEC-2026-1; corregida en 6.0\nPaquetes mirados: 2"),
        (report(CLEAN, UNKNOWN), audit.CLEAN, "no se han mirado: jinja2."),
        (report(UNKNOWN), audit.COULD_NOT_LOOK, "NO SE HA PODIDO MIRAR"),
        (None, audit.COULD_NOT_LOOK, "NO SE HA PODIDO MIRAR"),
    ],
)
def test_the_verdict_on_a_report(found, status, said):
    told_status, told = audit.verdict(found)
    assert told_status == status and said in told


def test_every_pin_of_both_locks_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(audit, "look_up", lambda wanted: asked.append(wanted) or report(CLEAN))
    assert audit.main() == audit.CLEAN
    probe, pins = asked
    assert len(pins) > 200 and {"pywinpty", "pytest", audit.KNOWN} <= {pin.partition("==")[0] for pin in pins}
    assert set(probe) | {pin for lock in (LOCK, DEV_LOCK) for pin in audit.pins(lock.read_text("utf-8"))} == set(pins)


def test_without_the_database_it_says_so_and_asks_once(monkeypatch, capsys):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    asked = []
    look_up = audit.look_up
    monkeypatch.setattr(audit, "look_up", lambda wanted: asked.append(wanted) or look_up(wanted))
    assert audit.main() == audit.COULD_NOT_LOOK
    assert "NO SE HA PODIDO MIRAR" in capsys.readouterr().out
    assert [len(wanted) for wanted in asked] == [1]


def test_what_is_ignored_and_nothing_else_is_told_to_pip_audit(monkeypatch):
    commands = []

    def run(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, json.dumps(report(CLEAN)), "")

    monkeypatch.setattr(audit.subprocess, "run", run)
    monkeypatch.setattr(audit, "IGNORED", {"PYSEC-2026-1": "no se usa", "PYSEC-2026-2": "no se usa"})
    assert audit.look_up(["quart==1.0"]) == report(CLEAN)
    (command,) = commands
    ignored = [command[position + 1] for position, word in enumerate(command) if word == "--ignore-vuln"]
    assert ignored == ["PYSEC-2026-1", "PYSEC-2026-2"]
