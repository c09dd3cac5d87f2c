"""Composes PDFs for compiler.py, which runs this file as a program of its own.

A line of JSON comes for each document, with its `source`, `root` and `standards`. The answer is a line with a number
of bytes, and these: the PDF, or what typst says against it.
"""

import json
import os
import queue
import signal
import sys
import threading
from typing import Any

import typst


def read_requests(requests: queue.SimpleQueue[str]) -> None:
    """Put in `requests` each line that comes; end the program, whatever it does, when the one who asks has ended."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def composed(source: str, root: str, standards: list[str]) -> bytes:
    """Return the PDF, or what typst says against it."""
    # Not in the call: its types list the standards' names, and a wrong one is said anyway.
    options: dict[str, Any] = {"root": root, "format": "pdf", "pdf_standards": standards, "ignore_system_fonts": True}
    try:
        pdf: bytes = typst.compile(source, **options)
    except (typst.TypstError, OSError, ValueError) as error:
        return str(error).encode()
    return pdf


def main() -> None:
    """Answer until nobody asks."""
    # CTRL+C is for the one who asks, who ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = queue.SimpleQueue[str]()
    threading.Thread(target=read_requests, args=(requests,), daemon=True).start()
    while True:
        answer = composed(**json.loads(requests.get()))
        sys.stdout.buffer.write(b"%d\n" % len(answer) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
