"""A student's browser before a JupyterHub: it logs in, starts his server, runs cells in a kernel, saves and exports."""

import json
import re
import time
import uuid
from dataclasses import dataclass, field

import nbformat
import requests
import websocket
from requests.cookies import get_cookie_header

TIMEOUT_S = 120


@dataclass
class Student:
    """A user of the hub at `hub`, with what his browser keeps."""

    hub: str
    name: str
    password: str
    session: requests.Session = field(default_factory=requests.Session)
    kernel: str = ""

    @property
    def server(self) -> str:
        return f"{self.hub}/user/{self.name}"

    def log_in(self) -> requests.Response:
        """Send the form of the log-in page; return what comes after it."""
        page = self.session.get(f"{self.hub}/hub/login", timeout=TIMEOUT_S)
        token = re.search(r'name="_xsrf" value="([^"]+)"', page.text).group(1)
        form = {"username": self.name, "password": self.password, "_xsrf": token}
        return self.session.post(f"{self.hub}/hub/login?next=/hub/home", data=form, timeout=TIMEOUT_S)

    def start_server(self) -> None:
        """Ask for the server, wait until it answers and get its cookies, as the page that waits for it does."""
        self.session.get(f"{self.hub}/hub/spawn/{self.name}", timeout=TIMEOUT_S)
        deadline = time.monotonic() + TIMEOUT_S
        while not self._is_up():
            assert time.monotonic() < deadline, f"the server of {self.name} has not started"
            time.sleep(1)

    def _is_up(self) -> bool:
        answer = self.session.get(f"{self.server}/lab", timeout=TIMEOUT_S)
        return answer.ok and answer.url.startswith(f"{self.server}/lab")

    def stop_server(self) -> None:
        answer = self.ask("DELETE", f"{self.hub}/hub/api/users/{self.name}/server")
        assert answer.status_code in (202, 204), answer.text

    def ask(self, method: str, address: str, **options) -> requests.Response:
        """Send a request with the token against forgery that belongs to its address."""
        return self.session.request(
            method, address, headers={"X-XSRFToken": self._token(address)}, timeout=TIMEOUT_S, **options
        )

    def upload(self, path: str, content: object, kind: str) -> None:
        """Save a file of his workbook, of the `kind` notebook or file, as the editor does."""
        model = {"type": kind, "content": content} | ({"format": "text"} if kind == "file" else {})
        answer = self.ask("PUT", f"{self.server}/api/contents/{path}", json=model)
        assert answer.ok, answer.text

    def open_kernel(self, path: str) -> None:
        """Start a kernel for the notebook in `path`."""
        asked = {"path": path, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.ask("POST", f"{self.server}/api/sessions", json=asked)
        assert answer.ok, answer.text
        self.kernel = answer.json()["kernel"]["id"]

    def run(self, notebook: nbformat.NotebookNode) -> None:
        """Run a notebook's cells by the kernel's websocket, keeping their outputs; the first error ends the test."""
        address = f"{self.server}/api/kernels/{self.kernel}/channels"
        session = uuid.uuid4().hex
        channel = websocket.create_connection(
            f"{address.replace('http', 'ws', 1)}?session_id={session}",
            cookie=self._cookies(address),
            header={"X-XSRFToken": self._token(address)},
            timeout=TIMEOUT_S,
        )
        try:
            for number, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), 1):
                cell.outputs, cell.execution_count = self._run_cell(channel, session, cell.source), number
        finally:
            channel.close()

    def run_code(self, code: str) -> str:
        """Run one cell; return what it printed."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        self.run(notebook)
        return "".join(one.text for one in notebook.cells[0].outputs if one.output_type == "stream")

    def _run_cell(self, channel: websocket.WebSocket, session: str, code: str) -> list:
        identity = uuid.uuid4().hex
        header = {
            "msg_id": identity,
            "msg_type": "execute_request",
            "session": session,
            "username": "",
            "version": "5.3",
        }
        asked = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": asked, "channel": "shell"}
        channel.send(json.dumps(message | {"buffers": []}))
        outputs, has_replied, is_idle = [], False, False
        while not (has_replied and is_idle):
            text = channel.recv()
            if not isinstance(text, str):  # with buffers, as widgets send them
                continue
            told = json.loads(text)
            if told.get("parent_header", {}).get("msg_id") != identity:
                continue
            kind, content = told["msg_type"], told["content"]
            assert kind != "error", f"{self.name}: {code}\n" + "\n".join(content["traceback"])
            if kind == "execute_reply":
                assert content["status"] == "ok", f"{self.name}: {code}\n{content}"
                has_replied = True
            elif kind == "status":
                is_idle = content["execution_state"] == "idle"
            elif kind in ("stream", "display_data", "execute_result"):
                outputs.append(nbformat.v4.output_from_msg(nbformat.from_dict(told)))
        return outputs

    def _cookies(self, address: str) -> str:
        return get_cookie_header(self.session.cookies, requests.Request("GET", address)) or ""

    def _token(self, address: str) -> str:
        found = re.search(r"(?:^|; )_xsrf=([^;]+)", self._cookies(address))
        return found.group(1) if found else ""
