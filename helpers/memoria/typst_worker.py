"""Compile PDFs for compiler.py, which runs this file as a separate program.

Each request is a line of JSON with `source`, `root` and `standards`. Each answer is a line with a number of bytes,
followed by those bytes: the PDF, or typst's error message.
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
    """Put each input line in `requests`; end the program at once, whatever it is doing, when the caller has ended."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def composed(source: str, root: str, standards: list[str]) -> bytes:
    """Return the PDF, or typst's error message."""
    # Passed as a dict because typst's types list the standards' names, and typst reports a wrong one itself.
    options: dict[str, Any] = {"root": root, "format": "pdf", "pdf_standards": standards, "ignore_system_fonts": True}
    try:
        pdf: bytes = typst.compile(source, **options)
    except (typst.TypstError, OSError, ValueError) as error:
        return str(error).encode()
    return pdf


def main() -> None:
    """Answer requests until the caller ends."""
    # CTRL+C is for the caller, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = queue.SimpleQueue[str]()
    threading.Thread(target=read_requests, args=(requests,), daemon=True).start()
    while True:
        answer = composed(**json.loads(requests.get()))
        sys.stdout.buffer.write(b"%d\n" % len(answer) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
