"""The policies of tables: moto keeps them, and checks their revisions as AWS does. They are not enforced."""

import json

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import PolicyNotFoundException

from helpers.emulator.dynamodb.answers import invalid
from helpers.emulator.dynamodb.operations import Request, Response, before, instead, validation_error
from helpers.emulator.dynamodb.table_records import backend, get_table

MOST_BYTES = 20_480


@before("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy")
def check_resource(request: Request, context: RequestContext) -> None:
    """Check the ARN, each of whose parts has its error (AWS, public record: ack-api-quirks)."""
    arn = request.get("ResourceArn") or ""
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    parts = arn.split(":", 5)
    kind = parts[-1].split("/")[2:3]
    if len(parts) < 6 or not parts[5].startswith("table/") or kind not in ([], ["index"], ["stream"]):
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if kind == ["index"]:
        raise invalid(f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}")
    if parts[4] != context.account_id:
        raise validation_error("This action is only supported by accounts that match the resource owner’s account.")
    if parts[3] != context.region:
        raise invalid(f"Invalid resource Arn: {arn}")
    get_table(context, arn)


@before("PutResourcePolicy")
def check_policy(request: Request, context: RequestContext) -> None:
    """Check that a policy can be read (AWS, "PutResourcePolicy")."""
    policy = request.get("Policy") or ""
    if len(policy.encode()) > MOST_BYTES:
        raise invalid(f"Maximum policy size of {MOST_BYTES} bytes exceeded")
    try:
        readable = isinstance(json.loads(policy), dict)
    except ValueError:
        readable = False
    if not readable:
        raise invalid("Invalid policy document: This policy contains invalid Json")


@instead("DeleteResourcePolicy")
def delete_resource_policy(request: Request, context: RequestContext) -> Response:
    """Delete a policy and tell its revision; without one, do nothing unless a revision is given.

    (AWS, "DeleteResourcePolicy": it is idempotent.)
    """
    policies, arn = backend(context), request["ResourceArn"]
    policy = policies.resource_policies.get(arn)
    if policy is None and request.get("ExpectedRevisionId"):
        raise PolicyNotFoundException(f"Resource-based policy not found for the provided ResourceArn: {arn}")
    if policy is None:
        return {}
    policies.delete_resource_policy(arn, request.get("ExpectedRevisionId"))
    return {"RevisionId": policy.revision_id}
