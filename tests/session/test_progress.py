"""Long work shows how long it has lasted, and quick work shows nothing."""

import pytest

WAIT = """
import time
from helpers import lab
started = time.monotonic()
lab.wait_until(lambda: time.monotonic() - started, ready=lambda passed: passed > {seconds})
"""


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, []), (2.4, ["Esperando… 1 s", "Esperando… 2 s", ""])])
def test_a_wait_in_a_cell(kernel, seconds, shown):
    outputs = kernel.ok(WAIT.format(seconds=seconds))
    texts = [content["data"]["text/plain"] for kind, content in outputs if kind.endswith("display_data")]
    assert texts == shown
