"""The errors that several operations share, with the words of AWS, and the one that says what is not here."""

from localstack.aws.api import CommonServiceException
from localstack.aws.api.dynamodb import ResourceNotFoundException, TableNotFoundException

INVALID = "One or more parameter values were invalid: "


def named_error(code: str, message: str) -> CommonServiceException:
    """Return an error of that name, answered with status 400 as all of DynamoDB's that a request causes."""
    return CommonServiceException(code, message, status_code=400, sender_fault=True)


def invalid(rule: str) -> CommonServiceException:
    """Return a ValidationException with the words that most of them begin with."""
    return named_error("ValidationException", INVALID + rule)


def table_missing(name: str) -> ResourceNotFoundException:
    """Return what most operations answer about a table that does not exist."""
    return ResourceNotFoundException(f"Requested resource not found: Table: {name} not found")


def table_missing_for_backups(name: str) -> TableNotFoundException:
    """Return what the operations of backups, restores and exports answer about a table that does not exist."""
    return TableNotFoundException(f"Table not found: {name}")


def not_here(what: str, why: str) -> CommonServiceException:
    """Return the answer to what AWS does and this LocalStack does not.

    DynamoDB Local names the operations that it lacks so (AWS, "Common Errors": UnknownOperationException).
    """
    message = f"{what} is not available in this LocalStack, where DynamoDB runs on moto: {why}"
    return named_error("UnknownOperationException", message)
