"""AWS's names for a function's files in its errors: /var/task and the others, and never a folder of this machine.

The shapes of the errors are those that AWS gave to LocalStack's own tests (`test_lambda_handler_error`,
`test_lambda_runtime_error`).
"""

import json
import re
import shutil

import boto3
import pytest
from lambda_function import archive

from helpers.workbook import INSTALLATION

SOURCE = """
import json, logging, os, sys, threading, traceback, warnings
import capa

def nested(n):
    return nested(n - 1) if n else capa.falla()

def handler(event, context):
    {}
"""
LAYER = {"python/capa.py": "def falla(): raise OSError('ñ')"}


def is_clean(failed, cloud):
    """Tell whether neither the answer nor the log names a folder of this machine."""
    told = json.dumps(failed.payload, ensure_ascii=False) + failed.log
    return not any(str(folder) in told for folder in (cloud.folder, INSTALLATION, json.__path__[0]))


@pytest.fixture
def layer(cloud):
    """Return the ARN of a layer with the module `capa`; it is gone at the end."""
    client = boto3.client("lambda")
    version = client.publish_layer_version(LayerName="prueba-capa", Content={"ZipFile": archive(LAYER)})
    yield version["LayerVersionArn"]
    client.delete_layer_version(LayerName="prueba-capa", VersionNumber=version["Version"])


def test_an_error_of_the_handler(function, layer, cloud):
    failed = function(SOURCE.format("nested(1)"), Layers=[layer]).invoke()
    assert failed.payload["stackTrace"] == [
        '  File "/var/task/f.py", line 9, in handler\n    nested(1)\n',
        '  File "/var/task/f.py", line 6, in nested\n    return nested(n - 1) if n else capa.falla()\n',
        '  File "/var/task/f.py", line 6, in nested\n    return nested(n - 1) if n else capa.falla()\n',
        "  File \"/opt/python/capa.py\", line 1, in falla\n    def falla(): raise OSError('ñ')\n",
    ]
    lines = "".join(failed.payload["stackTrace"]).splitlines()
    printed = re.search(r"\[ERROR\] OSError: ñ\rTraceback \(most recent call last\):\r(.*)", failed.log).group(1)
    assert printed.split("\r") == [re.sub("^ +", lambda indent: "\xa0" * len(indent[0]), line) for line in lines]
    assert is_clean(failed, cloud)


def test_an_error_of_a_library(function, cloud):
    source = "import boto3\ndef handler(e, c): boto3.client('s3').get_object(Bucket='no-existe', Key='x')"
    failed = function(source).invoke()
    files = [re.match(r'  File "(.*?)"', frame).group(1) for frame in failed.payload["stackTrace"]]
    assert files[0] == "/var/task/f.py"
    assert {re.sub(r"python3\.\d+", "python3.x", file) for file in files[1:]} == {
        "/var/lang/lib/python3.x/site-packages/botocore/client.py",
        "/var/lang/lib/python3.x/site-packages/botocore/context.py",
    }
    assert is_clean(failed, cloud)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("try: nested(0)\n    except OSError: traceback.print_exc()", '  File "/opt/python/capa.py", line 1, in falla'),
        ("try: nested(90)\n    except OSError: logging.exception('x')", "\r  [Previous line repeated 88 more times]\r"),
        ("raise ExceptionGroup('varios', [OSError(__file__)])", '\xa0\xa0File "/var/task/f.py", line 9, in handler'),
        ("try: nested(0)\n    except OSError as e: raise KeyError from e", '"/var/task/f.py", line 10, in handler'),
        ("try: import roto\n    except SyntaxError: traceback.print_exc()", '  File "/var/task/roto.py", line 2\n'),
        ("from capa import nada", "cannot import name 'nada' from 'capa' (/opt/python/capa.py)"),
        ("open(__file__ + '.no')", "No such file or directory: '/var/task/f.py.no'"),
        ("warnings.warn('cuidado')", "/var/task/f.py:9: UserWarning: cuidado\n  warnings.warn('cuidado')\n"),
        ("t = threading.Thread(target=nested, args=[0]); t.start(); t.join()", '/threading.py", line'),
        ("traceback.print_stack()", '  File "/var/runtime/lambda_runtime.py", line'),
        ("raise KeyboardInterrupt", '  File "/var/task/f.py", line 9, in handler\n    raise KeyboardInterrupt\n'),
        ("json.loads('{')", '/json/decoder.py", line'),
    ],
)
def test_what_python_prints_of_an_error(function, layer, cloud, statement, told):
    files = {"f.py": SOURCE.format(statement), "roto.py": "x = 1\ny = ("}
    failed = function(files, Layers=[layer]).invoke()
    assert told in failed.log and is_clean(failed, cloud), failed.log


def test_a_json_log(function, layer, cloud):
    source = SOURCE.format("try: nested(0)\n    except OSError: logging.exception('x')")
    said = function(source, Layers=[layer], LoggingConfig={"LogFormat": "JSON"}).invoke()
    (record,) = [json.loads(line) for line in said.log.splitlines() if '"level": "ERROR"' in line]
    assert record["location"] == "/var/task/f.py:handler:10"
    assert '  File "/opt/python/capa.py", line 1' in record["stackTrace"][-1] and is_clean(said, cloud)


@pytest.mark.parametrize(
    ("source", "message", "frame"),
    [
        ("raise ValueError('ñ')", "ñ", "  File \"/var/task/f.py\", line 1, in <module>\n    raise ValueError('ñ')\n"),
        ("def f(:\n  pass", "(f.py, line 1)", '  File "/var/task/f.py" Line 1\n    def f(:\n'),
        ("from otro import nada", "cannot import name 'nada' from 'otro' (/var/task/otro.py)", None),
    ],
    ids=["error", "syntax", "import"],
)
def test_an_error_at_init(function, cloud, source, message, frame):
    failed = function({"f.py": source, "otro.py": ""}).invoke()
    assert failed.payload["errorMessage"].endswith(message)
    assert failed.payload["stackTrace"][-1:] == ([frame] if frame else [])
    assert "\rTraceback (most recent call last):" in failed.log and is_clean(failed, cloud)
    if failed.payload["errorType"] == "ValueError":  # AWS's begins where its runtime imports the module
        assert re.fullmatch(
            r'  File "/var/lang/lib/python3\.\d+/importlib/__init__.py", line \d+, in import_module\n.*\n',
            failed.payload["stackTrace"][0],
        )


def test_a_function_opens_what_is_beside_it_and_is_told_where(function):
    source = """
import inspect, os
def handler(event, context):
    here = os.path.dirname(__file__)
    with open(os.path.join(here, "dato.txt")) as file:
        return [file.read(), here == os.getcwd() == os.environ["LAMBDA_TASK_ROOT"], inspect.getsource(handler)[:11]]
"""
    assert function({"f.py": source, "dato.txt": "hola"}).invoke().payload == ["hola", True, "def handler"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js (node on PATH)")
@pytest.mark.parametrize(
    ("files", "message", "trace"),
    [
        (
            {"f.js": "exports.handler = async () => {\n console.error(Error('a'));\n throw new TypeError('ñ'); };"},
            "ñ",
            ["TypeError: ñ", "    at exports.handler (/var/task/f.js:3:8)"],
        ),
        (
            {"f.mjs": "export const handler = async () => { throw new Error(process.cwd()); };"},
            "/var/task",
            ["Error: /var/task", "    at Runtime.handler (file:///var/task/f.mjs:1:44)"],
        ),
        (
            {"f.js": "exports.handler = (event, context, callback) => setTimeout(() => callback(Error('x')), 1);"},
            "x",
            ["Error: x", "    at Timeout._onTimeout (/var/task/f.js:1:75)"],
        ),
        ({"f.js": "require('nada')"}, "Error: Cannot find module 'nada'\nRequire stack:\n- /var/task/f.js", None),
        ({"f.mjs": "import 'nada'"}, "Cannot find package 'nada' imported from /var/task/f.mjs", None),
        ({"f.js": "exports.handler = ("}, "SyntaxError: Unexpected end of input", None),
    ],
    ids=["commonjs", "module", "callback", "require", "import", "syntax"],
)  # fmt: skip
def test_errors_of_nodejs(function, cloud, files, message, trace):
    failed = function(files, Runtime="nodejs22.x").invoke()
    assert failed.payload["errorMessage"].endswith(message)
    assert trace is None or failed.payload["trace"][: len(trace)] == trace
    assert is_clean(failed, cloud), failed.log
