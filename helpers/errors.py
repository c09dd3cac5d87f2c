"""What can go wrong, for the student: each message says what was found, what was expected and what to do next.

Si1p1Error
├── EmulatorError            LocalStack's life
│   ├── StartError           it did not become ready
│   ├── PortTaken            the port belongs to another program
│   ├── NotOurs              asked to stop or restart one that this workbook did not start
│   └── EndpointError        the endpoint does not answer, is not LocalStack, or is real AWS
├── CheckpointError          a section could not be put at its start
├── EvidenceError            an expected error of AWS did not come
├── WaitError                what AWS does a moment later did not happen in time
├── NotebookError            a cell failed while the notebooks were executed
├── TemplateError            the student edition could not be written
└── MemoriaError             the PDF could not be made
"""

__all__ = [
    "CheckpointError",
    "EmulatorError",
    "EndpointError",
    "EvidenceError",
    "MemoriaError",
    "NotOurs",
    "NotebookError",
    "PortTaken",
    "Si1p1Error",
    "StartError",
    "TemplateError",
    "WaitError",
]


class Si1p1Error(Exception):
    """The base: a Spanish message of one short paragraph."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: IPython calls this in place of its own traceback."""
        return [f"{type(self).__name__}: {self}"]


class EmulatorError(Si1p1Error):
    """LocalStack's life went wrong."""


class StartError(EmulatorError):
    """LocalStack did not become ready; the message ends with the tail of its log."""


class PortTaken(EmulatorError):
    """The port is held by something that is not LocalStack."""


class NotOurs(EmulatorError):
    """The LocalStack in use was not started by this workbook, so it is not ours to stop."""


class EndpointError(EmulatorError):
    """The endpoint cannot be used for the practice."""


class CheckpointError(Si1p1Error):
    """The cloud could not be put at the start of a section."""


class EvidenceError(Si1p1Error):
    """A call that had to fail did not, or failed otherwise."""


class WaitError(Si1p1Error):
    """What AWS does a moment later did not happen in time."""


class NotebookError(Si1p1Error):
    """A cell of a notebook failed; the message names notebook, cell and error."""


class TemplateError(Si1p1Error):
    """The student edition could not be written."""


class MemoriaError(Si1p1Error):
    """The memoria could not be exported."""
