"""Calls of S3, DynamoDB and API Gateway without a function, and of functions in Node.js, on every emulator that can.

Each emulator is asked for each kind of call; one that answers with an error is one where it is not possible.
"""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks import emulators, peers, report
from benchmarks.invocations import HELLO, ROLE, zip_of
from helpers.lab import wait_until
from helpers.practice.checkpoints import invocation_uri
from helpers.session.aws import use_test_credentials

CALLS = 200
TIMEOUT_S = 20
BUCKET, TABLE, KEY = "bench", "bench", {"User": {"S": "pepe"}}
REFUSALS = (ClientError, BotoCoreError, requests.RequestException, TimeoutError)

Call = Callable[[], object]


class Services:
    """The calls on one emulator. A method that is a kind of call makes what the call needs, and returns it."""

    def __init__(self, url: str) -> None:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=TIMEOUT_S)
        names = ("s3", "dynamodb", "lambda", "apigateway", "iam")
        self._s3, self._dynamodb, self._lambda, self._gateway, self._iam = (
            boto3.client(name, endpoint_url=url, region_name="us-east-1", config=config) for name in names
        )
        self._url = url
        self._get = getter()

    def put_object(self) -> Call:
        """Write an object of 1 KB."""
        self._s3.create_bucket(Bucket=BUCKET)
        return lambda: self._s3.put_object(Bucket=BUCKET, Key="users/pepe", Body=b"x" * 1024)

    def get_object(self) -> Call:
        """Read it."""
        return lambda: self._s3.get_object(Bucket=BUCKET, Key="users/pepe")["Body"].read()

    def list_objects(self) -> Call:
        """List ten objects."""
        for n in range(9):
            self._s3.put_object(Bucket=BUCKET, Key=f"users/{n}", Body=b"x")
        return lambda: self._s3.list_objects_v2(Bucket=BUCKET)["Contents"][9]

    def put_item(self) -> Call:
        """Write an item."""
        self._dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return lambda: self._dynamodb.put_item(TableName=TABLE, Item=KEY | {"Email": {"S": "pepe@uam.es"}})

    def get_item(self) -> Call:
        """Read it."""
        return lambda: self._dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"]

    def scan(self) -> Call:
        """Read ten items."""
        for n in range(9):
            self._dynamodb.put_item(TableName=TABLE, Item={"User": {"S": str(n)}})
        return lambda: self._dynamodb.scan(TableName=TABLE)["Items"][9]

    def mock(self) -> Call:
        """GET what API Gateway answers by itself, by an integration of type MOCK."""
        place, address = self._method("mock")
        answer = {"statusCode": "200"}
        self._gateway.put_method_response(**place, **answer)
        request = {"application/json": '{"statusCode": 200}'}
        self._gateway.put_integration(**place, type="MOCK", requestTemplates=request)
        self._gateway.put_integration_response(**place, **answer, responseTemplates={"application/json": "hola"})
        self._gateway.create_deployment(restApiId=place["restApiId"], stageName="dev")
        return lambda: self._get(address)

    def python(self) -> Call:
        """Invoke a function in Python."""
        self._create("python", "python3.13", zip_of("python.py", HELLO))
        return lambda: self._invoke("python")

    def node(self, name: str = "node") -> Call:
        """GET the answer of a function in Node.js that logs its event."""
        self._create(name, "nodejs20.x", zip_of(f"{name}.js", peers.NODE[name]))
        place, address = self._method(name)
        uri = invocation_uri(name)
        self._gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        self._gateway.create_deployment(restApiId=place["restApiId"], stageName="dev")
        return lambda: self._get(address)

    def silent_node(self) -> Call:
        """GET the answer of one that logs nothing."""
        return self.node("silent_node")

    def _method(self, name: str) -> tuple[dict[str, str], str]:
        """Make an API with GET /name; return what names the method, and its address."""
        api = self._gateway.create_rest_api(name=name)["id"]
        root = self._gateway.get_resources(restApiId=api)["items"][0]["id"]
        resource = self._gateway.create_resource(restApiId=api, parentId=root, pathPart=name)["id"]
        place = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        self._gateway.put_method(**place, authorizationType="NONE")
        return place, f"{self._url}/restapis/{api}/dev/_user_request_/{name}"

    def _create(self, name: str, runtime: str, code: bytes) -> None:
        with contextlib.suppress(*REFUSALS):  # moto wants the role to be there
            self._iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")
        self._lambda.create_function(
            FunctionName=name, Runtime=runtime, Handler=f"{name}.handler", Role=ROLE, Code={"ZipFile": code}, Timeout=15
        )
        wait_until(
            lambda: self._lambda.get_function(FunctionName=name)["Configuration"].get("State", "Active"),
            ready=lambda state: state != "Pending",
            timeout_s=TIMEOUT_S,
        )

    def _invoke(self, name: str) -> None:
        said = self._lambda.invoke(FunctionName=name, Payload="{}")["Payload"].read().decode()
        if "hola" not in said:
            raise requests.RequestException(f"its answer is {said}")


def getter() -> Callable[[str], None]:
    """Return what GETs an address that says "hola", by one kept connection."""
    session = requests.Session()
    session.trust_env = False

    def get(address: str) -> None:
        answer = session.get(address.replace("localhost", "127.0.0.1"), timeout=TIMEOUT_S)
        if answer.status_code != 200 or "hola" not in answer.text:
            raise requests.RequestException(f"{address}: {answer.status_code} {answer.text[:300]}")

    return get


KINDS = {
    "S3, `put_object` of 1 KB": Services.put_object,
    "S3, `get_object`": Services.get_object,
    "S3, `list_objects_v2`, ten": Services.list_objects,
    "DynamoDB, `put_item`": Services.put_item,
    "DynamoDB, `get_item`": Services.get_item,
    "DynamoDB, `scan`, ten": Services.scan,
    "API Gateway, MOCK": Services.mock,
    "Python function, direct, silent": Services.python,
    "Node.js function by HTTP": Services.node,
    "Node.js function by HTTP, silent": Services.silent_node,
}
NODE_KINDS = {"Node.js function by HTTP": "node", "Node.js function by HTTP, silent": "silent_node"}


def measure(urls: dict[str, str]) -> tuple[dict[str, dict[str, float | None]], list[str]]:
    """Return the median milliseconds of each kind of call on each emulator, and what those say that refuse it.

    The emulators go one right after the other; None stands for a refusal. What serverless-offline is not made for is
    not asked of it.
    """
    use_test_credentials()
    deployed = {name: Services(url) for name, url in urls.items() if name != peers.OFFLINE.name}
    figures, refusals = {}, []
    for kind, prepare in KINDS.items():
        prepared = {name: partial(prepare, one) for name, one in deployed.items()}
        if kind in NODE_KINDS and peers.OFFLINE.name in urls:
            address = f"{urls[peers.OFFLINE.name]}/{NODE_KINDS[kind]}"
            prepared[peers.OFFLINE.name] = partial(partial, getter(), address)
        calls = {}
        for name, make in prepared.items():
            try:
                calls[name] = make()
                calls[name]()
            except REFUSALS as error:
                calls[name] = None
                refusals.append(f"{name}, {kind}: {' '.join(str(error).split())[:160]}")
        figures[kind] = {name: call and _median_ms(call) for name, call in calls.items()}
    return figures, refusals


def _median_ms(call: Call) -> float:
    taken = []
    for _ in range(report.repetitions(CALLS)):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def lines() -> Iterator[str]:
    """Yield the table: a column for each emulator, and ours against the fastest of the others."""
    with contextlib.ExitStack() as stack:
        ours, _ = stack.enter_context(emulators.ours())
        urls, missing = {ours.name: ours.url}, {}
        for peer in peers.ALL:
            try:
                urls[peer.name] = stack.enter_context(emulators.running(peer)).url
            except peers.Impossible as error:
                missing[peer.name] = str(error)
        figures, refusals = measure(urls)
    columns = [ours.name, *(peer.name for peer in peers.ALL)]
    yield report.head("call (median ms)", *columns, "ours against the fastest of them")
    for kind, by_name in figures.items():
        asked = by_name | dict.fromkeys(missing)
        others = {name: ms for name, ms in by_name.items() if name != ours.name and ms}
        fastest = min(others, key=others.get, default="")
        cells = [report.number(asked[name], 2) if name in asked else "–" for name in columns]
        yield report.row(kind, *cells, f"{report.ratio(by_name[ours.name], others.get(fastest))} {fastest}")
    yield f"\n{', '.join(peers.version(peer) for peer in peers.ALL if peer.name not in missing)}. Not possible:\n"
    yield from (f"- {why}" for why in [*missing.values(), *refusals] or ["nothing"])
