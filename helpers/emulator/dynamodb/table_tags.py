"""Tags of tables: TagResource, UntagResource and ListTagsOfResource."""

import re
from collections.abc import Iterable

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import ResourceNotFoundException
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.answers import invalid, named_error
from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error
from helpers.emulator.dynamodb.table_records import find_table

MOST_TAGS = 50
KEY = re.compile(r"[\w\s.:/=+\-@]{1,128}")
VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")


def check_tags(tags: Iterable[Request]) -> None:
    """Raise ValidationException for tags that AWS does not take (AWS, "Tagging restrictions in DynamoDB")."""
    seen: set[str] = set()
    for tag in tags:
        key, value = tag.get("Key"), tag.get("Value")
        _check_key(key)
        if value is None or not VALUE.fullmatch(value):
            raise validation_error(f"The Tag Value provided is invalid, Value: {'null' if value is None else value}")
        if str(key).startswith("aws:"):
            raise validation_error(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        if key in seen:
            raise validation_error(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        seen.add(str(key))
    _check_number(len(seen))


@instead("TagResource")
def tag_resource(request: Request, context: RequestContext) -> Response:
    """Add tags, in place of those of the same keys (AWS, "TagResource")."""
    table = _tagged(request, context)
    if not request.get("Tags"):
        raise validation_error("Atleast one Tag needs to be provided as Input.")
    check_tags(request["Tags"])
    tags = {tag["Key"]: tag for tag in [*table.tags, *request["Tags"]]}
    _check_number(len(tags))
    table.tags = list(tags.values())
    return {}


@instead("UntagResource")
def untag_resource(request: Request, context: RequestContext) -> Response:
    """Remove the tags of some keys; keys that are not there are passed over (AWS, "UntagResource")."""
    table = _tagged(request, context)
    if not request.get("TagKeys"):
        raise validation_error("Atleast one Tag Key needs to be provided as Input.")
    for key in request["TagKeys"]:
        _check_key(key)
    table.tags = [tag for tag in table.tags if tag["Key"] not in request["TagKeys"]]
    return {}


@instead("ListTagsOfResource")
def list_tags(request: Request, context: RequestContext) -> Response:
    """List the tags of a table, fifty at most, in one page (AWS, "ListTagsOfResource")."""
    return {"Tags": _tagged(request, context).tags}


def _tagged(request: Request, context: RequestContext) -> Table:
    """Return the table of an ARN; each of the ARN's parts has its error (AWS, public record: ack-api-quirks)."""
    arn = request.get("ResourceArn")
    if arn is None:
        raise validation_error("Invalid TableArn")
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "dynamodb" or not parts[5].startswith("table/"):
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if parts[3] != context.region:
        raise validation_error(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if parts[4] != context.account_id:
        raise named_error("AccessDeniedException", "Access is denied")
    table = find_table(context, arn)
    if table is None or table.table_arn != arn:
        raise ResourceNotFoundException(f"Requested resource not found: ResourceArn: {arn} not found")
    return table


def _check_key(key: str | None) -> None:
    if key is None or not KEY.fullmatch(key):
        raise validation_error(f"The Tag Key provided is invalid, Key: {'null' if key is None else key}")


def _check_number(number: int) -> None:
    if number > MOST_TAGS:
        raise validation_error("Number of Tags exceed the current limit for the provided ResourceArn")
