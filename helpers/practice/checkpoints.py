"""What the cloud holds when each section starts, as data, and how to restore it.

Only what the practice itself creates is ever removed, on whatever endpoint boto3 points at: the names below and the
functions named after the files in `handlers/`.
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from helpers import own_calls
from helpers.errors import CheckpointError, WaitError
from helpers.polling import wait_until
from helpers.workbook import current

BUCKET = TABLE = "si1p1"
API = "user_lambda"
STAGE = "dev"
PEPE = b'{"username": "pepe", "data": "10"}'
MICROSERVICE = "user_rest.py"  # from the first part of the practice; not a Lambda function
LOG_PREFIX = "/aws/lambda/"
REGION = "us-east-1"
RUNTIME: Final = "python3.13"
ROLE = "arn:aws:iam::000000000000:role/si1"
FUNCTION_TIMEOUT_S = 10
ACTIVE_TIMEOUT_S = 30


@dataclass(frozen=True)
class Checkpoint:
    """The cloud at the start of a section.

    `objects` maps each key of the bucket to its content, or to the file of handlers/ that is copied to it; None instead
    of the mapping means that there is no bucket.
    `methods` maps each HTTP method of the API's route /user/{username} to the function it is integrated with, or to
    None; None instead of the mapping means that there is no API. The API is deployed to the stage `dev`.
    """

    objects: Mapping[str, Path | bytes] | None = None
    functions: tuple[str, ...] = ()
    methods: Mapping[str, str | None] | None = None


# None: the section only reads the cloud and leaves it as it is.
CHECKPOINTS: Mapping[str, Checkpoint | None] = {
    "inicio": None,
    "servicios_cloud": None,
    "localstack": Checkpoint(),
    "s3": Checkpoint(),
    "lambda": Checkpoint(objects={"src/user_rest.py": Path(MICROSERVICE)}),
    # users/pepe, as section 4 left it: question pruebas-1 asks whether a request changes it.
    "api_gateway": Checkpoint(objects={"users/pepe": PEPE}, functions=("user_lambda",)),
    "dynamodb": Checkpoint(
        objects={},
        functions=("user_lambda", "user_lambda_param"),
        methods={"POST": "user_lambda_param", "GET": None},
    ),
    "memoria": None,
}


class Action(Enum):
    """What is done to a resource to reach a checkpoint."""

    REMOVED = auto()
    CREATED = auto()


@dataclass(frozen=True)
class Change:
    """One thing done to reach a checkpoint."""

    service: str
    resource: str
    action: Action

    def __str__(self) -> str:
        return f"{self.resource} ({self.service})"


def restore(
    section: str, on_wait: Callable[[float], None] | None = None, unused: frozenset[str] = frozenset()
) -> list[Change]:
    """Put the cloud in the state that `section` expects, whatever it was, and return the changes made.

    What the practice left is removed, and what the section needs is created anew. `on_wait` is called with the seconds
    spent waiting for a function. `unused` are services known to be empty, by boto3's names. Raises `CheckpointError`.
    """
    if section not in CHECKPOINTS:
        raise CheckpointError(f"No hay ninguna sección «{section}»; las hay para: {', '.join(CHECKPOINTS)}.")
    checkpoint = CHECKPOINTS[section]
    if checkpoint is None:
        return []
    try:
        return [*_remove_all(unused), *_create(checkpoint, on_wait)]
    except (ClientError, BotoCoreError, WaitError) as error:
        raise CheckpointError(
            f"No se ha podido preparar la sección «{section}»: {error}. Ejecuta otra vez esta celda; si se repite, "
            "reinicia LocalStack con «si1p1 restart»."
        ) from error


def contents(section: str) -> list[str]:
    """Return the names of the practice's resources that the cloud holds when `section` starts."""
    checkpoint = CHECKPOINTS[section] or Checkpoint()
    found = [] if checkpoint.objects is None else [f"{BUCKET} (S3)", *(f"{BUCKET}/{key}" for key in checkpoint.objects)]
    found += [f"{name} (Lambda)" for name in checkpoint.functions]
    if checkpoint.methods is not None:
        methods = ", ".join(f"{method} → {function or 'nada'}" for method, function in checkpoint.methods.items())
        found.append(f"{API} (API Gateway, {methods})")
    return found


def functions() -> list[str]:
    """Return the names of the practice's functions, including the student's own, from their code files."""
    return [path.stem for path in current().code_files() if path.name != MICROSERVICE]


def zip_handler(name: str) -> bytes:
    """Return `handlers/{name}.py` as Lambda expects it: a zip with the file at its root."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(current().handlers / f"{name}.py", f"{name}.py")
    return archive.getvalue()


def _remove_all(unused: frozenset[str]) -> list[Change]:
    removers = {
        "apigateway": _remove_apis,
        "lambda": _remove_functions,
        "logs": _remove_log_groups,
        "s3": _remove_bucket,
        "dynamodb": _remove_table,
    }
    return [change for service, remove in removers.items() if service not in unused for change in remove()]


def _remove_apis() -> list[Change]:
    client = own_calls.client("apigateway")
    changes = []
    for page in client.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            if api.get("name") == API:
                client.delete_rest_api(restApiId=api["id"])
                changes.append(Change("API Gateway", API, Action.REMOVED))
    return changes


def _remove_functions() -> list[Change]:
    client, ours = own_calls.client("lambda"), functions()
    changes = []
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if name in ours:
                client.delete_function(FunctionName=name)
                changes.append(Change("Lambda", name, Action.REMOVED))
    return changes


def _remove_log_groups() -> list[Change]:
    client, ours = own_calls.client("logs"), functions()
    changes = []
    for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=LOG_PREFIX):
        for group in page["logGroups"]:
            name = group["logGroupName"]
            if name.removeprefix(LOG_PREFIX) in ours:
                client.delete_log_group(logGroupName=name)
                changes.append(Change("CloudWatch Logs", name, Action.REMOVED))
    return changes


def _remove_bucket() -> list[Change]:
    client = own_calls.client("s3")
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            if found := page.get("Contents"):
                client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": one["Key"]} for one in found]})
        client.delete_bucket(Bucket=BUCKET)
    except client.exceptions.NoSuchBucket:
        return []
    return [Change("S3", BUCKET, Action.REMOVED)]


def _remove_table() -> list[Change]:
    client = own_calls.client("dynamodb")
    for page in client.get_paginator("list_tables").paginate():
        if TABLE in page["TableNames"]:
            client.delete_table(TableName=TABLE)
            client.get_waiter("table_not_exists").wait(TableName=TABLE)
            return [Change("DynamoDB", TABLE, Action.REMOVED)]
    return []


def _create(checkpoint: Checkpoint, on_wait: Callable[[float], None] | None = None) -> list[Change]:
    changes = []
    if checkpoint.objects is not None:
        client = own_calls.client("s3")
        client.create_bucket(Bucket=BUCKET)
        changes.append(Change("S3", BUCKET, Action.CREATED))
        for key, source in checkpoint.objects.items():
            body = source if isinstance(source, bytes) else (current().handlers / source).read_bytes()
            client.put_object(Bucket=BUCKET, Key=key, Body=body)
            changes.append(Change("S3", f"{BUCKET}/{key}", Action.CREATED))
    for name in checkpoint.functions:
        _create_function(name)
        changes.append(Change("Lambda", name, Action.CREATED))
    if checkpoint.methods is not None:
        _create_api(checkpoint.methods)
        changes.append(Change("API Gateway", API, Action.CREATED))
    # Last, so that they become active while the rest is made.
    for name in checkpoint.functions:
        _wait_until_active(name, on_wait)
    return changes


def _create_api(methods: Mapping[str, str | None]) -> None:
    client = own_calls.client("apigateway")
    api = client.create_rest_api(name=API)
    user = client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="user")
    username = client.create_resource(restApiId=api["id"], parentId=user["id"], pathPart="{username}")
    for method, function in methods.items():
        client.put_method(
            restApiId=api["id"], resourceId=username["id"], httpMethod=method, authorizationType="NONE",
            requestParameters={"method.request.path.username": True},
        )  # fmt: skip
        if function:
            client.put_integration(
                restApiId=api["id"], resourceId=username["id"], httpMethod=method, type="AWS_PROXY",
                integrationHttpMethod="POST", uri=invocation_uri(function), passthroughBehavior="WHEN_NO_MATCH",
            )  # fmt: skip
    client.create_deployment(restApiId=api["id"], stageName=STAGE)


def invocation_uri(function: str) -> str:
    """Return the URI with which API Gateway invokes `function`: by name for LocalStack, by ARN for AWS."""
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"


def _create_function(name: str) -> None:
    client = own_calls.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Handler=f"{name}.handler",
        Role=ROLE,
        Code={"ZipFile": zip_handler(name)},
        Timeout=FUNCTION_TIMEOUT_S,
    )


def _wait_until_active(name: str, on_wait: Callable[[float], None] | None) -> None:
    client = own_calls.client("lambda")
    state = wait_until(
        lambda: client.get_function(FunctionName=name)["Configuration"]["State"],
        ready=lambda state: state != "Pending",
        timeout_s=ACTIVE_TIMEOUT_S,
        on_wait=on_wait,
    )
    if state != "Active":
        raise CheckpointError(f"La función {name} ha quedado en el estado {state}, no Active.")
