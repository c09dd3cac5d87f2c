"""Where an HTTP request to a function or to an API is sent: to LocalStack's one address, or to AWS's own names."""

import os
from urllib.parse import urlsplit

from helpers.checkpoints import REGION

__all__ = ["of_api", "of_function"]


def of_function(url: str) -> tuple[str, dict[str, str]]:
    """Return where to send what is for the function URL `url`, and with which headers.

    LocalStack tells the functions apart by the name in the header Host; not every system finds `….localhost`.
    """
    localstack = os.environ.get("AWS_ENDPOINT_URL")
    return (localstack, {"Host": urlsplit(url).netloc}) if localstack else (url, {})


def of_api(rest_api_id: str, stage: str) -> str:
    """Return the address of a stage of a REST API, without the last /."""
    if localstack := os.environ.get("AWS_ENDPOINT_URL"):
        return f"{localstack}/_aws/execute-api/{rest_api_id}/{stage}"
    return f"https://{rest_api_id}.execute-api.{REGION}.amazonaws.com/{stage}"
