"""The KMS key that a table says it is encrypted with. The key is a real one of LocalStack; nothing is encrypted."""

from threading import Lock
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext
from localstack.aws.connect import connect_to

from helpers.emulator.dynamodb.answers import invalid
from helpers.emulator.dynamodb.operations import Request, validation_error

# What AWS's own key says of itself.
DESCRIPTION = "Default key that protects my DynamoDB data when no other key is defined"
_own_keys: dict[tuple[str, str], str] = {}
_lock = Lock()


def check(specification: Request | None) -> None:
    """Raise ValidationException for a combination that AWS does not take (AWS, "SSESpecification")."""
    if specification is None:
        return
    enabled, kind, key = (specification.get(name) for name in ("Enabled", "SSEType", "KMSMasterKeyId"))
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if enabled is False and kind:
        raise invalid("SSEType can not be specified if Enabled is false")
    if enabled is False and key:
        raise invalid("KMSMasterKeyId can not be specified if Enabled is false")
    if key and not kind:
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")


def key_of(specification: Request | None, context: RequestContext) -> str | None:
    """Return the ARN of the key that a specification asks for, or None if AWS's own, which is the default.

    Raises:
        ValidationException: the key does not exist, or cannot be used.

    """
    if not specification or specification.get("Enabled") is False or not any(specification.values()):
        return None
    key = specification.get("KMSMasterKeyId")
    return _given_key(key, context) if key and key != "alias/aws/dynamodb" else _own_key(context)


def _given_key(key: str, context: RequestContext) -> str:
    try:
        metadata = _kms(context).describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as error:
        arn = _arn(key, context)
        told = f"Alias {arn} is not found." if ":alias/" in arn else f"Key '{arn}' does not exist"
        raise _kms_error("NotFoundException", told, context) from error
    arn = str(metadata["Arn"])
    if metadata["KeyState"] == "PendingDeletion":
        raise _kms_error("KMSInvalidStateException", f"{arn} is pending deletion.", context)
    if metadata["KeyState"] == "Disabled":
        raise validation_error(
            f"KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {arn} is disabled. "
            f"{_service('DisabledException', context)}"
        )
    return arn


def _arn(key: str, context: RequestContext) -> str:
    """Return the ARN of a key, given as it may be: ARN, alias or id."""
    if key.startswith("arn:"):
        return key
    name = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:aws:kms:{context.region}:{context.account_id}:{name}"


def _own_key(context: RequestContext) -> str:
    """Return the ARN of the account's key for DynamoDB (AWS, "AWS managed keys"), made when first asked for."""
    from localstack.services.kms.provider import set_key_managed

    where = (context.account_id, context.region)
    with _lock:
        if where not in _own_keys:
            metadata = _kms(context).create_key(Description=DESCRIPTION)["KeyMetadata"]
            set_key_managed(metadata["KeyId"], *where)
            _own_keys[where] = metadata["Arn"]
    return _own_keys[where]


def _kms(context: RequestContext) -> Any:
    return connect_to(aws_access_key_id=context.account_id, region_name=context.region).kms


def _kms_error(name: str, message: str, context: RequestContext) -> Exception:
    told = f"KMS validation error: com.amazonaws.services.kms.model.{name}: {message} {_service(name, context)}"
    return validation_error(told)


def _service(name: str, context: RequestContext) -> str:
    return f"(Service: AWSKMS; Status Code: 400; Error Code: {name}; Request ID: {context.request_id}; Proxy: null)"
