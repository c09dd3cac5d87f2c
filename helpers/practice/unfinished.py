"""The two functions that the practice asks the student to write, as the edition brings them: they run and say so.

Each is the function that the handout starts from, with its own description and a handler that does nothing yet.
"""

import ast
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

NOT_IMPLEMENTED = 501
WIDTH = 80  # of a comment's text


@dataclass(frozen=True)
class Unfinished:
    """A function to write: the file it starts from, its first line, and what the handout says of it."""

    given: str
    purpose: str
    steps: tuple[str, ...]

    def source(self, name: str, handlers: Path) -> str:
        """Return its file's text, made of the one it starts from, which is in the folder `handlers`."""
        text = (handlers / self.given).read_text("utf-8")
        handler = next(
            node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "handler"
        )
        before = text.splitlines()[1 : handler.lineno]  # without its description, as far as the line of the def
        steps = (wrap(step, WIDTH) for step in (*self.steps, f"Lo demás, como en {self.given}."))
        return "\n".join([
            f'"""Sin terminar: {self.purpose}"""',
            *before,
            '    """Di aquí qué hace."""',
            *(f"    # {line}" for lines in steps for line in lines),
            f'    message = "{name} está sin terminar"',
            f'    return answer({NOT_IMPLEMENTED}, {{"status": "KO", "message": message}})',
            "",
        ])  # fmt: skip


UNFINISHED = {
    "user_lambda_param": Unfinished(
        "user_lambda.py",
        "POST /user/{username}, con el nombre de la ruta.",
        (
            'El API da el nombre que viene en la ruta: username=event["pathParameters"]["username"]',
            "Guarda en el bucket lo que llega en el cuerpo, en /user/{username}/data.json.",
            "La ruta la rellena API Gateway: para probarla hay que integrarla en el API.",
        ),
    ),
    "user_get_lambda_dynamo": Unfinished(
        "user_lambda_dynamo.py",
        "GET /user/{username}, desde la tabla.",
        (
            "Busca al usuario en la tabla, con get_item: se le da la clave, y lo encontrado está en «Item».",
            "Responde con el objeto, o con uno vacío si no está: es el rest_body de «answer».",
            "En una petición GET no hay «body» en el evento, y leerlo da un error.",
        ),
    ),
}
