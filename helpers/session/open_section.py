"""The section that this kernel has open."""

from dataclasses import dataclass


@dataclass
class Opened:
    """`section` is empty until one is opened; `session_id` is LocalStack's session then."""

    section: str = ""
    session_id: str | None = None


opened = Opened()


def set_to(section: str, session_id: str | None) -> None:
    """Record that `section` is open from now on."""
    opened.section, opened.session_id = section, session_id
