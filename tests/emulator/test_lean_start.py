"""What is done to LocalStack's start does not change what LocalStack does."""

import subprocess
import sys

# In a process of its own, as LocalStack's are: its imports open sockets.
IMPORTS = """
import threading, time
from localstack.services.plugins import ServicePluginManager
from helpers.emulator import lean_start

importing, most_at_once, loaded = [], 0, []

def load_service_plugin(self, name):
    global most_at_once
    importing.append(name)
    most_at_once = max(most_at_once, len(importing))
    time.sleep(0.02)
    importing.remove(name)
    if name == "dynamodb":  # as a provider that needs another's
        manager._load_service_plugin("kinesis")
    loaded.append(name)

ServicePluginManager._load_service_plugin = load_service_plugin
lean_start._import_services_one_at_a_time()
manager = ServicePluginManager()
names = ("s3", "lambda", "apigateway", "sts", "iam", "logs", "dynamodb", "sqs", "cloudwatch")
threads = [threading.Thread(target=manager._load_service_plugin, args=(name,)) for name in names]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(10)
print(most_at_once, set(loaded) == {*names, "kinesis"})
"""


def test_services_asked_for_at_once_are_imported_one_after_the_other():
    """In two threads, moto's modules wait for each other now and then: see lean_start."""
    assert run(IMPORTS).split() == ["1", "True"]


# Each prints what LocalStack has without and with the changes; they are made in a process of their own.
SAME = """
import os, sys
from botocore.loaders import Loader
from botocore.session import Session
from helpers.emulator import lean_start

def found():
    from werkzeug.routing import Map, Rule
    kinds = ("service-2", "waiters-2", "paginators-1", "endpoint-rule-set-1", "resources-1", "none")
    client = Session().create_client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    routes = Map([Rule("/<name>/<path:rest>", endpoint="one", defaults={"more": 1})]).bind("localhost")
    return {
        "services": {kind: Loader().list_available_services(kind) for kind in kinds},
        "unknown folder": Loader(extra_search_paths=["/none"]).list_available_services("service-2")[:2],
        "address": client.generate_presigned_url("list_objects_v2", {"Bucket": "b"}).partition("?")[0],
        "route": (routes.match("/a/b/c"), routes.build("one", {"name": "x", "rest": "y/z", "q": "w"})),
    }

before = found()
os.environ["SI1P1_CACHE"] = "cache"
lean_start.prepare()
after = found()
for name in before:
    assert before[name] == after[name], name
    print(name)
"""


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def test_a_lean_start_finds_the_same():
    names = ["services", "unknown folder", "address", "route"]
    assert run(SAME).splitlines() == names
