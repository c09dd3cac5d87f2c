"""El micro-servicio de la primera parte: los usuarios, por HTTP.

Cada uno se guarda en build/users/{username}/data.json. En /user/{username}, GET lee,
PUT crea, PATCH cambia y DELETE borra; las respuestas llevan `status`, OK o KO.
Se arranca con `hypercorn handlers.user_rest:app`; en un contenedor, con el Dockerfile.
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
# Letras, cifras y _ . @ + -, sin empezar por un punto; 63 como mucho, porque una letra
# ocupa hasta 4 bytes, y el nombre de un archivo, 255.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

app = Quart(__name__)
app.json.ensure_ascii = False  # escribe ñ, y no \u00f1
app.url_map.merge_slashes = False  # /user//pepe no es otra forma de /user/pepe


class Refused(Exception):
    """La petición no se puede atender; `status_code` es el de la respuesta."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


@app.errorhandler(Refused)
async def refused(error: Refused) -> tuple[dict, int]:
    """Responde KO con el motivo."""
    return {"status": "KO", "message": str(error)}, error.status_code


@app.errorhandler(HTTPException)
async def http_error(error: HTTPException) -> tuple[dict, int]:
    """Responde KO a lo que rechaza Quart: otra ruta, otro método, un cuerpo enorme."""
    return {"status": "KO", "message": error.name}, error.code or 500


def data_file(username: str) -> Path:
    """Devuelve el archivo del usuario; 400 si el nombre podría salir de la carpeta."""
    if not USERNAME.fullmatch(username):
        raise Refused(400, "El nombre de usuario no es válido")
    return USERS / username / "data.json"


def read(file: Path) -> dict:
    """Devuelve el contenido de `file`; 404 si el usuario no existe."""
    try:
        data: dict = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise Refused(404, "El usuario no existe") from None
    return data


def write(file: Path, data: dict, *, place: Callable[[str, Path], None]) -> None:
    """Escribe `data` en `file` de una vez, para que nadie lea un archivo a medias.

    `place` da ese paso: `os.replace` si el archivo puede existir; si no, `os.link`.
    """
    text = json.dumps(data, ensure_ascii=False)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete_on_close=False) as new:
        new.write(text.encode())
        new.close()
        place(new.name, file)


async def body() -> dict:
    """Devuelve el cuerpo de la petición; 400 si no es un objeto JSON."""
    try:
        data = json.loads(await request.get_data(as_text=False))
        # Si no se puede volver a escribir, no es JSON: NaN, o medio carácter.
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):  # la segunda, si está muy anidado
        data = None
    if not isinstance(data, dict):
        raise Refused(400, "El cuerpo de la petición no es un objeto JSON")
    return data


@app.get("/user/<username>")
async def get_user(username: str) -> dict:
    """Devuelve los datos del usuario."""
    return {"status": "OK", "username": username, "data": read(data_file(username))}


@app.put("/user/<username>")
async def create_user(username: str) -> tuple[dict, int]:
    """Crea el usuario con los datos del cuerpo; 409 si ya existe."""
    file, data = data_file(username), await body()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(file, data, place=os.link)
    except FileExistsError:
        raise Refused(409, "El usuario ya existe") from None
    return {"status": "OK", "username": username}, 201


@app.patch("/user/<username>")
async def update_user(username: str) -> dict:
    """Cambia los campos que trae el cuerpo y los devuelve todos."""
    file, changes = data_file(username), await body()
    data = read(file) | changes
    write(file, data, place=os.replace)
    return {"status": "OK", "username": username, "data": data}


@app.delete("/user/<username>")
async def delete_user(username: str) -> dict:
    """Borra el usuario y sus datos."""
    file = data_file(username)
    read(file)
    shutil.rmtree(file.parent)
    return {"status": "OK", "username": username}
