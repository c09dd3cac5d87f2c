"""What is done around moto for each operation: functions register themselves here, and provider.py calls them.

An operation's functions are called in the order of their modules in provider.py, and in each module from top to bottom.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

# Requests and responses are the dicts that boto3 takes and returns.
type Request = dict[str, Any]
type Response = dict[str, Any]
type Check = Callable[[Request, RequestContext], None]
type Correction = Callable[[Response, Request, RequestContext], None]
type Replacement = Callable[[Request, RequestContext], Response]

CHECKS: defaultdict[str, list[Check]] = defaultdict(list)
CORRECTIONS: defaultdict[str, list[Correction]] = defaultdict(list)
REPLACEMENTS: dict[str, Replacement] = {}


def before(*operations: str) -> Callable[[Check], Check]:
    """Register a function that raises AWS's error for a wrong request, before moto sees it."""
    return _registering(CHECKS, operations)


def after(*operations: str) -> Callable[[Correction], Correction]:
    """Register a function that changes moto's response in place."""
    return _registering(CORRECTIONS, operations)


def _registering[Hook](hooks: defaultdict[str, list[Hook]], operations: Iterable[str]) -> Callable[[Hook], Hook]:
    def register(hook: Hook) -> Hook:
        for operation in operations:
            hooks[operation].append(hook)
        return hook

    return register


def instead(operation: str) -> Callable[[Replacement], Replacement]:
    """Register the function that answers an operation in moto's place; checks and corrections are still called."""

    def register(replacement: Replacement) -> Replacement:
        REPLACEMENTS[operation] = replacement
        return replacement

    return register


def validation_error(message: str) -> CommonServiceException:
    """Return DynamoDB's answer to a request that breaks a rule."""
    return CommonServiceException("ValidationException", message, sender_fault=True)
