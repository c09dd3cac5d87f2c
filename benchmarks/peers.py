"""The peers: other emulators of AWS from PyPI and npm, each installed in a throwaway folder that goes at the end.

None of them needs Docker for what is measured here. Their names and versions are printed with each table.
"""

import functools
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path

from helpers.workbook import INSTALLATION

UV = INSTALLATION / ".uv" / "bin" / "uv"
INSTALL_TIMEOUT_S = 300
# LocalEmu, a fork of LocalStack, listens on all interfaces as that does; here, on loopback alone.
LOCALEMU_ON_LOOPBACK = """
from functools import partial
from twisted.internet import endpoints
endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")
from localemu.runtime.main import main
main()
"""
OFFLINE_SERVICE = """
service: bench
frameworkVersion: "3"
provider: {name: aws, runtime: nodejs20.x}
plugins: [serverless-offline]
functions:
  node: {handler: node.handler, events: [{http: GET /node}]}
  silent_node: {handler: silent_node.handler, events: [{http: GET /silent_node}]}
"""
SILENT_NODE = 'exports.handler = async (event) => { return {statusCode: 200, body: "hola"}; };\n'
NODE = {
    "node": SILENT_NODE.replace("{ return", "{ console.log(JSON.stringify(event)); return"),
    "silent_node": SILENT_NODE,
}


class Impossible(Exception):
    """A peer cannot be installed or started here; the message says why."""


@dataclass(frozen=True)
class Peer:
    """An emulator of others: its packages and how it is started.

    In `command` and `variables`, {port}, {other_port}, {folder} and {programs} stand for what they say; `ready` is a
    path that answers once it is up; `node` tells that the packages are npm's.
    """

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    ready: str = "/"
    variables: dict[str, str] = field(default_factory=dict, hash=False)
    node: bool = False

    def folder(self, programs: Path, folder: Path) -> Path:
        """Return the folder to run it in: its own, but for npm's, which finds its plugins beside its service."""
        return programs.parent.parent if self.node else folder


MINISTACK = Peer(
    "ministack",
    ("ministack", "boto3"),  # boto3 is what its functions import; it brings none
    ("{programs}/ministack",),
    "/_localstack/health",
    {
        "GATEWAY_PORT": "{port}",
        "BIND_HOST": "127.0.0.1",
        "AWS_ENDPOINT_URL": "http://localhost:{port}",
        "IOT_MTLS_ENABLED": "0",
    },
)
MOTO = Peer(
    "moto",
    ("moto[server]",),
    ("{programs}/moto_server", "-H", "127.0.0.1", "-p", "{port}"),
    variables={"MOTO_ACCOUNT_ID": "000000000000"},  # the others' account
)
LOCALEMU = Peer(
    "localemu",
    ("localemu",),
    ("{programs}/python", "-c", LOCALEMU_ON_LOOPBACK),
    "/_localemu/health",
    {"GATEWAY_LISTEN": "127.0.0.1:{port}", "FILESYSTEM_ROOT": "{folder}/files"},
)
OFFLINE = Peer(
    "serverless-offline",
    ("serverless-offline@13", "serverless@3"),  # the last ones that need no account
    (
        "{programs}/serverless", "offline", "start", "--host", "127.0.0.1", "--httpPort", "{port}",
        "--lambdaPort", "{other_port}", "--noPrependStageInUrl",
    ),
    "/silent_node",
    {
        "SLS_TELEMETRY_DISABLED": "1",
        "SLS_NOTIFICATIONS_MODE": "off",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    },
    node=True,
)  # fmt: skip
ALL = (MINISTACK, MOTO, LOCALEMU, OFFLINE)


@functools.cache
def install(peer: Peer) -> Path:
    """Install a peer, once a run; return the folder of its programs."""
    folder = Path(_place().name) / peer.name
    try:
        return _by_npm(peer, folder) if peer.node else _by_pip(peer, folder)
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or b""
        raise Impossible(f"{peer.name} cannot be installed: {error} {said.decode(errors='replace')[-500:]}") from error


def version(peer: Peer) -> str:
    """Return the name and version of an installed peer."""
    programs = install(peer)
    package = peer.packages[0].split("@")[0].split("[")[0]
    if peer.node:
        return f"{package} {json.loads((programs.parent / package / 'package.json').read_text())['version']}"
    [site] = programs.parent.glob("lib/python*/site-packages")
    [found] = distributions(name=package, path=[str(site)])
    return f"{package} {found.version}"


@functools.cache
def _place() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="bench-peers-")  # removed when this process ends


def _by_pip(peer: Peer, folder: Path) -> Path:
    programs = folder / "bin"
    python = programs / "python"
    if UV.exists():
        _run([UV, "venv", "--quiet", "--python", sys.executable, folder])
        _run([UV, "pip", "install", "--quiet", "--python", python, *peer.packages])
    else:
        _run([sys.executable, "-m", "venv", folder])
        _run([python, "-m", "pip", "install", "--quiet", *peer.packages])
    return programs


def _by_npm(peer: Peer, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise Impossible(f"{peer.name} needs npm")
    folder.mkdir()
    for name, source in {"package.json": '{"private": true}', "serverless.yml": OFFLINE_SERVICE}.items():
        (folder / name).write_text(source)
    for name, source in NODE.items():
        (folder / f"{name}.js").write_text(source)
    # Their scripts would download programs.
    _run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *peer.packages], folder)
    return folder / "node_modules" / ".bin"


def _run(command: list, folder: Path | None = None) -> None:
    # Not in this project's folder, whose settings uv would follow.
    place = folder or _place().name
    subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S, cwd=place)
