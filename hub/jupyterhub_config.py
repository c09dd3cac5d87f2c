"""One JupyterHub for a class on one machine, run as root in a folder of its own (docs/aula.md).

Who logs in is a user of the machine, with the machine's password, in the group `alumnos`. Each gets his own JupyterLab,
LocalStack and workbook, over one installation that nobody but root can write.
"""

import sys
from pathlib import Path

HUB = Path(__file__).resolve().parent
IDLE_S = 3600  # without anybody looking and without anything running

c = get_config()  # noqa: F821

# Passwords travel to here: without a certificate in the hub's folder, only this machine is served.
certificate, key = Path("cert.pem"), Path("key.pem")
if certificate.exists():
    c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = str(certificate), str(key)
    c.JupyterHub.bind_url = "https://:443"
else:
    c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.ConfigurableHTTPProxy.command = [str(HUB / "node_modules/.bin/configurable-http-proxy")]

c.LocalAuthenticator.allowed_groups = {"alumnos"}
c.PAMAuthenticator.open_sessions = False

c.Spawner.cmd = [str(HUB / "server.sh")]
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
# A whole class logs in within a few minutes, and each start takes seconds of processor.
c.JupyterHub.concurrent_spawn_limit = 10

c.JupyterHub.services = [
    {
        "name": "culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_S}"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["culler"],
    }
]
