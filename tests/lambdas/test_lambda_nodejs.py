"""Functions in JavaScript, run by the node on PATH by the same protocol.

"Define Lambda function handler in Node.js" and "Log and monitor Node.js Lambda functions" (Lambda Developer Guide).
"""

import json
import re
import shutil

import pytest
from lambda_function import MOMENT, Function

from helpers.emulator.process import Emulator
from helpers.session.aws import use

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js (node on PATH)")


@pytest.fixture
def node_function(function):
    """Return a maker of Node.js functions from their files, or from the text of f.js."""
    return lambda source, **options: function(
        {"f.js": source} if isinstance(source, str) else source, Runtime="nodejs22.x", **options
    )


@needs_node
def test_commonjs_event_context_and_state(node_function):
    made = node_function("""
        let calls = 0;
        exports.handler = async (event, context) => {
            calls += 1;
            return { calls, event, left: context.getRemainingTimeInMillis(), id: context.awsRequestId,
                     name: context.functionName, memory: context.memoryLimitInMB, env: process.env };
        };""")
    first, second = made.invoke({"clave": ["ñ", None]}), made.invoke("😀")
    said = first.payload
    assert said["event"] == {"clave": ["ñ", None]} and second.payload["event"] == "😀"
    assert (said["calls"], second.payload["calls"]) == (1, 2)
    assert said["id"] == first.request_id.group(1)
    assert (said["name"], said["memory"]) == (made.name, "128") and 4000 < said["left"] <= 5000
    assert said["env"]["AWS_EXECUTION_ENV"] == "AWS_Lambda_nodejs22.x" and "USER" not in said["env"]


@needs_node
@pytest.mark.parametrize(
    "files",
    [
        {"f.mjs": "import fs from 'node:fs'; export const handler = async () => fs.existsSync('f.mjs');"},
        {"package.json": '{"type": "module"}', "f.js": "export const handler = async () => import.meta.url !== '';"},
        {"f.cjs": "module.exports = { handler: async () => require('node:path').sep === '/' };"},
        {"f.js": "exports.handler = async () => require('./lib/otro').ok;", "lib/otro.js": "exports.ok = true;"},
    ],
    ids=["mjs", "package.json", "cjs", "require"],
)  # fmt: skip
def test_module_kinds(node_function, files):
    assert node_function(files).invoke().payload is True


@needs_node
def test_callback_handlers(node_function):
    made = node_function("""
        exports.handler = (event, context, callback) => {
            if (event === "error") callback(new RangeError("ñ"));
            else if (event === "nada") setTimeout(() => console.log("después"), 50);
            else setTimeout(() => callback(null, event), 50);
        };""")
    assert made.invoke("sí").payload == "sí"
    assert made.invoke("error").payload["errorType"] == "RangeError"
    empty = made.invoke("nada")
    assert empty.payload is None and "después" in empty.log
    assert made.invoke("otra").payload == "otra"


@needs_node
def test_log(node_function):
    source = """
        const { execSync } = require("node:child_process");
        exports.handler = async () => {
            console.log("uno %d", 1, { a: 2 });
            console.error("dos\\nlíneas");
            process.stdout.write("tres\\n");
            execSync("echo cuatro", { stdio: "inherit" });
        };"""
    said = node_function(source).invoke()
    lines = said.log.split("\n")
    rid = said.request_id.group(1)
    assert re.fullmatch(rf"{MOMENT}\t{rid}\tINFO\tuno 1 {{ a: 2 }}", lines[1])
    assert re.fullmatch(rf"{MOMENT}\t{rid}\tERROR\tdos\rlíneas", lines[2])
    assert lines[3:6] == ["tres", "cuatro", f"END RequestId: {rid}"]
    assert re.search(r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms", lines[6])

    source = "exports.handler = async () => { console.debug('no'); console.warn({ a: 'ñ' }); };"
    said = node_function(source, LoggingConfig={"LogFormat": "JSON"}).invoke()
    line = json.loads(said.log.splitlines()[1])
    assert (line["level"], line["message"], line["requestId"]) == ("WARN", {"a": "ñ"}, said.request_id.group(2))


@needs_node
@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("require('no-existe')", "Runtime.ImportModuleError", "Error: Cannot find module 'no-existe'"),
        ("exports.handler = (", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"),
        ("exports.otro = 1", "Runtime.HandlerNotFound", "f.handler is undefined or not exported"),
        ("throw new TypeError('ñ')", "TypeError", "ñ"),
        ("process.exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
    ],
)
def test_an_error_at_init(node_function, source, error_type, message):
    made = node_function(source)
    for _ in range(2):
        failed = made.invoke()
        assert failed.error == "Unhandled" and failed.payload["errorType"] == error_type
        assert message in failed.payload["errorMessage"] and f"Error Type: {error_type}" in failed.log


@needs_node
def test_errors_of_the_handler_and_deaths(node_function):
    made = node_function(
        """
        const never = new Promise(() => {});
        exports.handler = async (event) => {
            if (event === "lanza") throw new TypeError("ñu");
            if (event === "bigint") return 1n;
            if (event === "sale") process.exit(3);
            if (event === "bucle") for (;;);
            if (event === "tarde") { setTimeout(() => { throw new Error("luego"); }, 10); await never; }
            if (event === "rechaza") { Promise.reject(new Error("solo")); await never; }
            return process.pid;
        };""",
        Timeout=1,
    )
    pid = made.invoke().payload
    failed = made.invoke("lanza")
    assert (failed.payload["errorType"], failed.payload["errorMessage"]) == ("TypeError", "ñu")
    assert "f.js" in failed.payload["trace"][1] and "ERROR\tInvoke Error \t" in failed.log
    assert made.invoke("bigint").payload["errorType"] == "Runtime.MarshalError"
    assert made.invoke().payload == pid
    assert made.invoke("sale").payload["errorMessage"].endswith("exit status 3")
    assert made.invoke("tarde").payload["errorMessage"] == "luego"
    assert made.invoke("rechaza").payload["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert made.invoke("bucle").payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert isinstance(made.invoke().payload, int)


@needs_node
def test_large_payloads(node_function):
    made = node_function("exports.handler = async (event) => event;", Timeout=30)
    assert made.invoke("ñ" * 1_000_000).payload == "ñ" * 1_000_000


@pytest.mark.slow
def test_without_node_the_functions_failure_says_so(emulator, tmp_path, port, monkeypatch):
    monkeypatch.setenv("PATH", "/nada")
    own = Emulator(tmp_path / "otro", port)
    use(own.start().url)
    try:
        failed = Function("prueba", {"f.js": "exports.handler = 1"}, Runtime="nodejs22.x").invoke()
    finally:
        own.stop()
        use(emulator.url)
    assert failed.payload["errorType"] == "Runtime.UnsupportedRuntime"
    assert "no se encuentra el programa node" in failed.payload["errorMessage"]
    assert "hace falta Node.js" in failed.log
