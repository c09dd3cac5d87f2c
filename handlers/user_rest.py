"""El micro-servicio de la primera parte: usuarios por HTTP, cada uno en build/users/{username}/data.json.

GET reads, PUT creates, PATCH updates and DELETE removes /user/{username}. Every answer says `status`: OK or KO.
Run it with `hypercorn handlers.user_rest:app`; the Dockerfile beside this file does so in a container.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from quart import Quart, request
from werkzeug.exceptions import HTTPException

USERS = Path(os.environ.get("USERS_FOLDER", "build/users"))
# A name that is one step of a path: letters, digits and _ . @ + -, not starting with a dot. Letters take up to 4 bytes
# each, and a file's name has room for 255.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

app = Quart(__name__)
app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
app.url_map.merge_slashes = False  # /user//pepe is no user, and not another way to write /user/pepe


class Refused(Exception):
    """The request cannot be served; `status_code` is the answer's."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


@app.errorhandler(Refused)
async def refused(error: Refused) -> tuple[dict, int]:
    """Answer KO with the reason."""
    return {"status": "KO", "message": str(error)}, error.status_code


@app.errorhandler(HTTPException)
async def http_error(error: HTTPException) -> tuple[dict, int]:
    """Answer KO for what the framework refuses by itself: unknown routes and methods, too large a body."""
    return {"status": "KO", "message": error.name}, error.code or 500


def data_file(username: str) -> Path:
    """Return the path of the user's data; refuse a name that could lead out of the users' folder."""
    if not USERNAME.fullmatch(username):
        raise Refused(400, "El nombre de usuario no es válido")
    return USERS / username / "data.json"


def read(file: Path) -> dict:
    """Return what `file` holds; refuse with 404 if there is no such user."""
    try:
        data: dict = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise Refused(404, "El usuario no existe") from None
    return data


def write(file: Path, data: dict, *, place: Callable[[str, Path], None]) -> None:
    """Have `file` hold `data` in one step, so that no reader meets half of it.

    `place` does that step: `os.replace` for a file that may exist, `os.link` for one that must not.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete_on_close=False) as new:
        new.write(json.dumps(data, ensure_ascii=False))
        new.close()
        place(new.name, file)


async def body() -> dict:
    """Return the body of the request, a JSON object; refuse any other."""
    try:
        data = json.loads(await request.get_data(as_text=False))
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()  # what cannot be written back is not JSON
    except (ValueError, RecursionError):  # the second, when it is nested too deep to be read
        data = None
    if not isinstance(data, dict):
        raise Refused(400, "El cuerpo de la petición no es un objeto JSON")
    return data


@app.get("/user/<username>")
async def get_user(username: str) -> dict:
    """Return the user's data."""
    return {"status": "OK", "username": username, "data": read(data_file(username))}


@app.put("/user/<username>")
async def create_user(username: str) -> tuple[dict, int]:
    """Create the user with the data of the body; 409 if it exists."""
    file, data = data_file(username), await body()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(file, data, place=os.link)
    except FileExistsError:
        raise Refused(409, "El usuario ya existe") from None
    return {"status": "OK", "username": username}, 201


@app.patch("/user/<username>")
async def update_user(username: str) -> dict:
    """Change the fields that the body names; return all of them."""
    file, changes = data_file(username), await body()
    data = read(file) | changes
    write(file, data, place=os.replace)
    return {"status": "OK", "username": username, "data": data}


@app.delete("/user/<username>")
async def delete_user(username: str) -> dict:
    """Remove the user and its data."""
    file = data_file(username)
    read(file)
    shutil.rmtree(file.parent)
    return {"status": "OK", "username": username}
