"""What each thing done to shorten LocalStack's start saves: `.venv/bin/python -m benchmarks.start_pieces [PIECE …]`.

Each piece is taken away in turn, in rounds, so that the machine's ups and downs meet all of them.
"""

import statistics
import sys
import time
from unittest import mock

from benchmarks import emulators
from benchmarks.opening import WITHOUT_OUR_START
from helpers import lab
from helpers.emulator import instance

ROUNDS = 10
MODULE = "from helpers.emulator import lean_start as m"
# The statements that take each piece away.
PIECES = {
    "nothing": "pass",
    "all of them": WITHOUT_OUR_START,
    "the catalogue kept": "import tempfile, os; os.environ['SI1P1_CACHE'] = tempfile.mkdtemp()",
    "garbage collection put off": "import gc; gc.disable = gc.freeze = gc.set_threshold = lambda *_: None",
    "service descriptions read once": f"{MODULE}; m._read_each_service_description_once = lambda: None",
    "URL builders when asked": f"{MODULE}; m._write_addresses_only_when_asked = lambda: None",
    "no request validators": f"{MODULE}; m._leave_out_request_validators = lambda: None",
    "one import at a time": f"{MODULE}; m._import_services_one_at_a_time = lambda: None",
}


def once(change: str) -> tuple[float, float]:
    """Return the seconds from start to ready, and of a restart with section 6's lab.open."""
    with (
        emulators.ours(change) as (started, emulator),
        mock.patch.object(instance, "from_environment", lambda: emulator),
    ):
        began = time.perf_counter()
        emulator.restart()
        lab.open("dynamodb")
        return started.start_s, time.perf_counter() - began


def main() -> None:
    """Print the table; its first row is what the others are compared with."""
    chosen = {name: PIECES[name] for name in sys.argv[1:] or PIECES}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in chosen}
    for number in range(ROUNDS):
        for name in list(chosen)[:: -1 if number % 2 else 1]:
            times[name].append(once(chosen[name]))
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
    medians = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in times.items()}
    whole = next(iter(medians.values()))
    print("| without | start to ready (s) | | restart and lab.open (s) | |\n|---|--:|--:|--:|--:|")
    for name, figures in medians.items():
        cells = (f"{s:.2f} | {s / all_s - 1:+.0%}" for s, all_s in zip(figures, whole, strict=True))
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
