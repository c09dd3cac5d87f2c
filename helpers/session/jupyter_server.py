"""JupyterLab as this lab runs it: on loopback, behind its token, whatever the student's own configuration."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from helpers.session import cell_look, lab_kernel, lab_terminal
from helpers.workbook import Workbook, make_private, shared

STOP_TIMEOUT_S = 10
# overrides.json is JupyterLab's own way to set defaults: no news prompt and no update checks; no subshells for widgets,
# for they are threads: the panel's messages come in any order, and run beside a cell (jupyterlab/jupyterlab#19719).
SETTINGS = Path(__file__).with_name("jupyterlab_settings")
EXTENSIONS = Path(__file__).with_name("labextensions")
# Those of nbconvert that want LaTeX, a browser, Qt or a pandoc of the system, which this lab does without.
UNUSABLE_EXPORTERS = (
    "PDFExporter", "WebPDFExporter", "QtPDFExporter", "QtPNGExporter", "LatexExporter", "RSTExporter",
    "ASCIIDocExporter",
)  # fmt: skip
# JupyterHub sets it for the servers that it starts: the first part of their addresses.
HUB_VARIABLE = "JUPYTERHUB_SERVICE_PREFIX"
# What a notebook from someone else may load when opened: nothing from another origin, above all no images, whose
# addresses could be LocalStack's. (JupyterLab itself removes scripts from notebooks.)
CONTENT_POLICY = "; ".join(
    [
        "frame-ancestors 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "style-src 'self' 'unsafe-inline'",
        "frame-src 'self' data: blob:",
        "object-src 'self' blob:",  # its PDF viewer
        "form-action 'self'",
        "base-uri 'self'",
    ]
)


def serve(workbook: Workbook) -> None:
    """Run JupyterLab with `workbook` until it is closed; raises `SystemExit` if it ends with an error."""
    from jupyter_server.serverapp import list_running_servers

    root = workbook.root
    for other in list_running_servers():
        if other["root_dir"] == str(root):
            print(f"Ya hay un JupyterLab abierto, en {other['url']}lab?token={other['token']}: este será otro.")
    print("Abriendo JupyterLab… CTRL+C en este terminal lo cierra.", flush=True)
    first = workbook.shown(workbook.notebook_files()[0])
    # JupyterHub says by variables where to listen and who may come. Other users of its machine could read what kernels
    # send over TCP.
    on_hub = ["jupyterhub.singleuser", "--KernelManager.transport=ipc"]
    alone = ["jupyterlab", "--ServerApp.ip=127.0.0.1"]
    command = [
        sys.executable, "-m", *(on_hub if HUB_VARIABLE in os.environ else alone), f"--ServerApp.root_dir={root}",
        f"--FileContentsManager.preferred_dir={workbook.notebooks}",
        f"--LabApp.default_url=/lab/tree/{quote(first)}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        f"--LabApp.extra_labextensions_path={EXTENSIONS}",
        "--LabApp.custom_css=True",  # the one that `environment` writes
        "--Application.log_level=ERROR",  # its twenty lines of start-up messages would hide the address
        "--LanguageServerManager.autodetect=False",
        "--KernelManager.transport_encryption=auto",  # without it, each kernel says on the terminal that it has none
        *(f"--{exporter}.enabled=False" for exporter in UNUSABLE_EXPORTERS),
        "--LabApp.extension_manager=readonly",  # the default one queries PyPI
        f"--ServerApp.terminado_settings={ {'shell_command': lab_terminal.COMMAND} }",
        f"--ServerApp.tornado_settings={ {'headers': {'Content-Security-Policy': CONTENT_POLICY}} }",
    ]  # fmt: skip
    if os.geteuid() == 0:
        command.append("--allow-root")
    server = subprocess.Popen(command, cwd=root, env=environment(workbook))
    try:
        returncode = server.wait()
    except KeyboardInterrupt:
        # JupyterLab got the same CTRL+C and asks on the terminal whether to close; this answers for the student.
        server.terminate()
        try:
            returncode = server.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:  # seen when it has just started
            server.kill()
            returncode = -signal.SIGTERM
    if returncode not in (0, -signal.SIGTERM):
        raise SystemExit(returncode)


def environment(workbook: Workbook) -> dict[str, str]:
    """Return JupyterLab's environment: the student's settings and workspaces, but not their server configuration.

    An empty token or another listening address there would leave this lab open.
    """
    from jupyterlab.commands import get_user_settings_dir, get_workspaces_dir

    config = make_private(shared() / "jupyter")
    cell_look.write(config)
    (config / "migrated").touch()  # without it, Jupyter looks for old IPython configuration to migrate
    data = lab_kernel.write(config / "data")
    env = {name: value for name, value in os.environ.items() if name != "JUPYTER_CONFIG_PATH"}
    return env | {
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_PATH": os.pathsep.join(filter(None, [str(data), os.environ.get("JUPYTER_PATH")])),
        "JUPYTERLAB_SETTINGS_DIR": get_user_settings_dir(),
        "JUPYTERLAB_WORKSPACES_DIR": get_workspaces_dir(),
        lab_terminal.ROOT_VARIABLE: str(workbook.root),
        "PYTHONNOUSERSITE": "1",  # the user site's etc/jupyter is configuration too
    }
