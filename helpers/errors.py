"""Errors shown to the student: each message says what was found, what was expected and what to do next.

Si1p1Error
├── EmulatorError            LocalStack could not be started, stopped or used
│   ├── StartError           it did not become ready
│   ├── PortTaken            the port belongs to another program, user or workbook
│   ├── NotOurs              asked to stop or restart one that this workbook did not start
│   └── EndpointError        the endpoint does not answer, is not LocalStack, or is real AWS
├── CheckpointError          the cloud could not be prepared for a section
├── FirstCellMissing         the notebook's first cell has not been run in this kernel
├── EvidenceError            AWS did not return the error that was expected
├── WaitError                an asynchronous change of AWS's did not happen in time
├── NotebookError            a cell failed while the notebooks were executed
├── QuestionError            there is no question with that id
├── TemplateError            the student edition could not be written
├── MarkingError             deliveries could not be marked
└── MemoriaError             the PDF could not be made
"""

__all__ = [
    "CheckpointError",
    "EmulatorError",
    "EndpointError",
    "EvidenceError",
    "FirstCellMissing",
    "MarkingError",
    "MemoriaError",
    "NotOurs",
    "NotebookError",
    "PortTaken",
    "QuestionError",
    "Si1p1Error",
    "StartError",
    "TemplateError",
    "WaitError",
]


class Si1p1Error(Exception):
    """The base class; the message is one short paragraph in Spanish."""

    def _render_traceback_(self) -> list[str]:
        """Show only the message in a notebook: IPython calls this instead of its own traceback."""
        return [f"{type(self).__name__}: {self}"]


class EmulatorError(Si1p1Error):
    """LocalStack could not be started, stopped or used."""


class StartError(EmulatorError):
    """LocalStack did not become ready; the message ends with the tail of its log."""


class PortTaken(EmulatorError):
    """The port is held by another program, another user or another copy of the workbook."""


class NotOurs(EmulatorError):
    """The LocalStack in use was not started by this workbook, which therefore does not stop it."""


class EndpointError(EmulatorError):
    """The endpoint cannot be used for the practice."""


class CheckpointError(Si1p1Error):
    """The cloud could not be prepared for a section."""


class FirstCellMissing(Si1p1Error):
    """What `lab.open` prepares is needed, and the notebook's first cell has not been run in this kernel."""


class EvidenceError(Si1p1Error):
    """A call that had to fail succeeded, or failed with another error."""


class WaitError(Si1p1Error):
    """A change that AWS makes asynchronously did not happen in time."""


class NotebookError(Si1p1Error):
    """A cell of a notebook failed; the message names notebook, cell and error."""


class QuestionError(Si1p1Error):
    """There is no question with that id."""


class TemplateError(Si1p1Error):
    """The student edition could not be written."""


class MarkingError(Si1p1Error):
    """Deliveries could not be marked, or what was written of them could not be read."""


class MemoriaError(Si1p1Error):
    """The memoria could not be exported."""
