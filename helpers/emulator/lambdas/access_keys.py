"""Whose a request to LocalStack is: each execution environment signs with an access key of its own."""

# Of the environments that are alive: access key -> (function's name, id of the invocation under way).
_functions: dict[str, tuple[str, str]] = {}


def running(access_key: str, function: str, request_id: str = "") -> None:
    """Note that requests signed with `access_key` come from `function`, now in the invocation `request_id`."""
    _functions[access_key] = (function, request_id)


def ended(access_key: str) -> None:
    """Forget an environment's access key."""
    _functions.pop(access_key, None)


def owner(access_key: str) -> tuple[str, str] | None:
    """Return the (function, invocation) that signs with `access_key`, or None if no function does."""
    return _functions.get(access_key)
