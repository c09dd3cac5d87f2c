"""The operations on tables answer as AWS does: the cases are data, each with where its answer is documented."""

import contextlib
import json
import re
from datetime import datetime
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

CASES = [
    pytest.param(case, id=f"{file.stem.removeprefix('cases_tables_')}: {case['operation']}: {case['name']}")
    for file in sorted(Path(__file__).parent.glob("cases_tables_*.json"))
    for case in json.loads(file.read_text("utf-8"))
]
# Where no other test has tables.
REGION = "eu-west-1"
# What each run gives another value; a case writes <the member's name> in its place.
VOLATILE = {"TableId", "LatestStreamLabel", "KMSMasterKeyArn", "BackupArn", "RevisionId"}
REQUEST_ID = re.compile(r"(?<=Request ID: )[\w-]+")


class Run:
    """The calls of one case, which refer to what the calls before them answered."""

    def __init__(self, client):
        self.client, self.seen, self.protected = client, {}, set()
        self.methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}

    def call(self, operation, request):
        """Return the answer of an operation, with the volatile values by their names."""
        for value, name in self.seen.items():
            request = json.loads(json.dumps(request).replace(f"<{name}>", value))
        answer = getattr(self.client, self.methods[operation])(**request)
        del answer["ResponseMetadata"]
        self._see(answer)
        if request.get("DeletionProtectionEnabled"):
            self.protected.add(request["TableName"])
        return self.named(answer)

    def named(self, value):
        match value:
            case dict():
                return {name: self.named(one) for name, one in value.items()}
            case list():
                return [self.named(one) for one in value]
            case datetime():
                return "<time>"
            case str():
                for one, name in self.seen.items():
                    value = value.replace(one, f"<{name}>")
        return value

    def _see(self, answer):
        for name, value in answer.items():
            if name in VOLATILE:
                # The last of a name is the one that a case means: a stream that is enabled again, say.
                self.seen = {old: known for old, known in self.seen.items() if known != name} | {value: name}
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    self._see(one)


@pytest.fixture(scope="module")
def dynamodb(emulator):
    settings = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", region_name=REGION, endpoint_url=emulator.start().url, config=settings)


@pytest.fixture
def run(dynamodb):
    run = Run(dynamodb)
    yield run
    for name in dynamodb.list_tables()["TableNames"]:
        if name in run.protected:
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)
    for value in [value for value, name in run.seen.items() if name == "BackupArn"]:
        with contextlib.suppress(dynamodb.exceptions.BackupNotFoundException):
            dynamodb.delete_backup(BackupArn=value)


@pytest.mark.parametrize("case", CASES)
def test_an_operation_answers_as_documented(run, case):
    for given in case.get("given", ()):
        run.call(**given)
    if "response" in case:
        assert run.call(case["operation"], case["request"]) == case["response"]
        return
    with pytest.raises(ClientError) as raised:
        run.call(case["operation"], case["request"])
    error, metadata = raised.value.response["Error"], raised.value.response["ResponseMetadata"]
    message = REQUEST_ID.sub("<RequestId>", run.named(error["Message"]))
    assert {"code": error["Code"], "message": message, "status": metadata["HTTPStatusCode"]} == case["error"]


def test_cases_have_their_source():
    """A case without a source, or with both a response and an error, is no case."""
    cases = [param.values[0] for param in CASES]
    assert all(case["source"] and ("response" in case) != ("error" in case) for case in cases)
    assert sum("error" in case for case in cases) * 2 >= len(cases) >= 65
