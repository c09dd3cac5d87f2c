"""Explain AWS's refusals: what was found, what was expected and what to do, and AWS's own words after it.

The sentences are data, a file a service, in `refusals/`.
"""

from collections.abc import Mapping
from typing import Any

from botocore import exceptions as aws

from helpers.session import explain_localstack
from helpers.session.context import Context
from helpers.session.refusals import apigateway, common, dynamodb, lambda_, logs, s3
from helpers.session.refusals.rule import Rule

# In the order in which they are tried: what every service answers, after what one does.
MODULES = (apigateway, dynamodb, lambda_, logs, s3, common)
RULES: Mapping[str, tuple[Rule, ...]] = {
    code: tuple(rule for one in MODULES for rule in one.RULES.get(code, ()))
    for module in MODULES
    for code in module.RULES
}
# Of what is asked for and is not there.
MISSING = {"NoSuchBucket", "NoSuchKey", "404", "ResourceNotFoundException", "NotFoundException"}


def refusal(error: aws.ClientError | aws.WaiterError, context: Context) -> str:
    """Return the paragraph, and the line with AWS's words; for a code that is not known here, that line alone."""
    response: Mapping[str, Any] = error.last_response if isinstance(error, aws.WaiterError) else error.response
    operation = error.operation_name if isinstance(error, aws.ClientError) else ""
    details = response.get("Error", {})
    words = _words(details, operation)
    code, message = str(details.get("Code", "")), " ".join(str(details.get("Message", "")).split())
    if code in MISSING and explain_localstack.was_restarted(context):
        return f"{explain_localstack.restarted(context)}\n{words}"
    for rule in RULES.get(code, ()):
        if text := rule.text_for(operation, message, details, context):
            return f"{text}\n{words}"
    return words


def _words(details: Mapping[str, Any], operation: str) -> str:
    """Return AWS's code and message, to the letter."""
    asked = f" a {operation}" if operation else ""
    return f"AWS ha respondido{asked}: {details.get('Code')}: {details.get('Message', '')}"
