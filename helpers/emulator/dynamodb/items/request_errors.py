"""What is wrong with a request before its table is looked at, which AWS words in another way for some operations.

The public records of AWS's answers of summer 2026 (moto, dynoxide) show such errors of PutItem, UpdateItem and
DeleteItem with a beginning that those of other operations, and those about tables, keys and sizes, do not have.
"""

import contextlib
from collections.abc import Iterator

from localstack.aws.api import CommonServiceException

from helpers.emulator.dynamodb.operations import validation_error

BEGINNING = "1 validation error detected: "


class RequestError(CommonServiceException):
    """AWS's error for a set, an expression or a parameter that cannot be, whatever the table is."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message, sender_fault=True)


@contextlib.contextmanager
def counted_errors() -> Iterator[None]:
    """Let the errors that arise here begin as those of PutItem, UpdateItem and DeleteItem do."""
    try:
        yield
    except RequestError as error:
        raise validation_error(BEGINNING + error.message) from error
