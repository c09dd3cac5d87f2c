"""Explain a command that failed in a `!` line or a `%%bash` cell.

How it was typed, how it ended and what it said in, a paragraph out.
"""

import builtins
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from subprocess import CalledProcessError
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from helpers.session import explain_aws, explain_client, explain_localstack
from helpers.session.context import RUN_ABOVE, Context

REPEAT = "Corrígelo y repite esta celda."
KNOWN = ("awslocal", "aws", "curl", "si1p1", "python", "pip", "ls", "cat", "zip", "unzip", "node", "docker", "git")
NOT_FOUND = re.compile(r"(?:^|[:\s])(?P<name>[^\s:]+): (?:command )?not found|command not found: (?P<zsh>\S+)", re.M)
# A line of the handout's, with or without its prompt, and a variable that takes what a command says.
COMMAND_LINE = re.compile(rf"\s*(?:\$>?\s|\w+=\$\(|(?:{'|'.join(KNOWN)})(?:\s|$))")
# What IPython puts the value of a variable in the place of; with a dollar before it, it is the shell's.
FIELD = re.compile(r"(?<![{$])\{(?P<name>[^\W\d]\w*)\}(?!\})")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\\\n")
# What the aws command says of an answer of AWS's; `aws s3` puts its own words before it.
REFUSAL = re.compile(
    r"An error occurred \((?P<code>[^)]+)\) when calling the (?P<operation>\w+) operation[^:]*: (?P<said>.*)"
)
CHOICE = re.compile(r"Invalid choice: '(?P<found>[^']*)', maybe you meant:\s+\* (?P<meant>\S+)")
REQUIRED = re.compile(r"error: the following arguments are required: (?P<names>.+)")
NO_VALUE = re.compile(r"error: argument (?P<name>\S+): expected (?:one|at least one) argument")
UNKNOWN = re.compile(r"Unknown options: (?P<names>.+)")
NOT_JSON = re.compile(r"Error parsing parameter '(?P<name>[^']+)': Invalid JSON: (?P<said>[^\r\n]*)")
NO_FILE = re.compile(
    r"Unable to load paramfile fileb?://(?P<path>\S+?):|user-provided path (?P<given>\S+) does not exist"
)
BAD_ADDRESS = (3, 6)
OF_CURL = {
    1: "curl no sabe usar esa dirección: se esperaba una que empiece por http://.",
    2: "A curl le falta algo, o tiene una opción que no entiende: se esperaba como «curl -X POST DIRECCIÓN -d "
    "'CUERPO'», con la dirección y el valor de cada opción.",
    3: "La dirección está mal escrita: se esperaba como http://localhost:4566/…, entera y sin espacios.",
    6: "La máquina de la dirección no existe: se esperaba localhost, o una URL de función, que acaba en .localhost.",
    28: "Nadie ha respondido a tiempo.",
    52: "Quien escucha en esa dirección ha cerrado la conexión sin responder.",
    56: "La conexión se ha cortado a la mitad.",
}


@dataclass(frozen=True)
class Ended:
    """A command that has ended: as typed, as it was run with the variables' values, its exit code and its output."""

    typed: str
    run: str
    exit_code: int
    output: str

    @property
    def programs(self) -> list[str]:
        """The names of the programs that it runs, without what comes before them."""
        return _programs(QUOTED.sub("_", self.run))

    @property
    def ended_by(self) -> list[str]:
        """Those whose exit code it can be: not one before a pipe, nor before a semicolon or the end of a line."""
        return _programs(re.split(r"[;|\n]", QUOTED.sub("_", self.run).strip())[-1])


def explain(command: Ended, defined: Container[str], context: Context) -> str | None:
    """Return why a command failed, or None if it did not or its own words say it better.

    `defined` are the names that the cells have defined.
    """
    if command.exit_code == 0:
        return None
    return _braces(command, defined) or _not_found(command) or _shell(command) or _of_program(command, context)


def of_cell(error: CalledProcessError, context: Context) -> str:
    """Return why a cell of the shell's, as `%%bash`, failed."""
    if error.returncode < 0:
        return "La celda se ha interrumpido antes de terminar. Repítela cuando quieras."
    command = Ended(error.cmd, error.cmd, error.returncode, error.output or "")
    if "curl" in command.ended_by and (field := FIELD.search(error.cmd)) and error.returncode in BAD_ADDRESS:
        return (
            f"La orden ha recibido «{field[0]}» tal cual: en una celda %%bash las llaves no ponen el valor de una "
            "variable de Python. Escribe la orden en una línea con !, o usa las del terminal, como "
            f"$AWS_ENDPOINT_URL. {REPEAT}"
        )
    return (
        _not_found(command)
        or _shell(command)
        or _of_program(command, context)
        or (
            f"La celda ha terminado con el código {error.returncode}, que no es 0: una orden ha fallado, y lo que dice "
            f"está encima. {REPEAT}"
        )
    )


def without_its_mark(line: str) -> str | None:
    """Explain a line of the terminal's that was typed as Python, or return None if it does not look like one."""
    if not COMMAND_LINE.match(line):
        return None
    return (
        f"«{line.strip()}» es una orden del terminal, y una celda es de Python. Escribe ! delante de la orden, sin el "
        "$>; si son varias que comparten variables del terminal, %%bash en la primera línea de la celda. "
        f"{REPEAT}"
    )


def _braces(command: Ended, defined: Container[str]) -> str | None:
    """Explain variables between braces that the command got as they were typed."""
    left = [
        name for name in FIELD.findall(command.typed) if f"{{{name}}}" in command.run and not hasattr(builtins, name)
    ]
    if undefined := [name for name in left if name not in defined]:
        return (
            f"Nadie ha definido el nombre «{undefined[0]}», que esta línea usa entre llaves: falta ejecutar una celda "
            f"anterior {RUN_ABOVE}, o está mal escrito. Si a la orden le tienen que llegar las llaves, escríbelas "
            f"dobles: {{{{{undefined[0]}}}}}. Después, repite esta celda."
        )
    if left:
        return (
            f"La orden ha recibido «{{{left[0]}}}» tal cual, y no su valor: en una línea con ! lo que hay entre "
            "llaves es Python, y las del JSON no lo son, así que no se ha sustituido ninguna. Guarda el JSON en una "
            "variable, como datos = '{\"username\": \"pepe\"}', y escribe en la línea '{datos}'; o escribe dobles las "
            "llaves del JSON, {{ y }}."
        )
    return None


def _not_found(command: Ended) -> str | None:
    if command.exit_code != 127:
        return None
    found = NOT_FOUND.search(command.output)
    name = (found["name"] or found["zsh"]) if found else command.run.split()[0]
    if near := get_close_matches(name, [known for known in KNOWN if known != name], n=1, cutoff=0.7):
        return f"No se encuentra la orden «{name}»: ¿quizá «{near[0]}»? {REPEAT}"
    return (
        f"No se encuentra la orden «{name}»: está mal escrita, o no está instalada en este equipo. Corrígela, o usa "
        "otra, y repite esta celda."
    )


def _shell(command: Ended) -> str | None:
    if re.search(r"Unterminated quoted string|unexpected EOF|unmatched", command.output):
        return (
            f"A la línea le falta cerrar unas comillas: van de dos en dos, y el JSON entero entre las simples. {REPEAT}"
        )
    if re.search(r"[Ss]yntax error", command.output):
        return (
            "El terminal no entiende la línea: lo más frecuente es un paréntesis, un & o un ; fuera de las comillas. "
            f"{REPEAT}"
        )
    return None


def _of_program(command: Ended, context: Context) -> str | None:
    if "curl" in command.ended_by:
        if command.exit_code == 7:
            return explain_localstack.stopped(context) or (
                f'No hay nadie en esa dirección: la de LocalStack está en os.environ["AWS_ENDPOINT_URL"]. {REPEAT}'
            )
        said = OF_CURL.get(command.exit_code)
        return f"{said} {REPEAT}" if said else None
    for program in command.programs:
        if program in ("aws", "awslocal"):
            return _of_aws(command, program, context)
    return None


def _of_aws(command: Ended, program: str, context: Context) -> str | None:
    output = command.output.replace("\r", "")
    if found := REFUSAL.search(output):
        named = dict(_named(command.run))
        error: Any = {"Code": found["code"], "Message": found["said"].strip(), **named}
        return explain_aws.refusal(ClientError({"Error": error}, found["operation"]), context)
    if "Could not connect to the endpoint URL" in output:
        return explain_localstack.stopped(context)
    if "Unable to locate credentials" in output or "must specify a region" in output:
        return (
            f"A la orden le faltan las credenciales de prueba o la región: las pone {context.first_cell}. Ejecútala y "
            "repite esta celda."
        )
    if found := re.search(r"Parameter validation failed:\s*(?P<report>.+)", output, re.DOTALL):
        return explain_client.of_botocore(ParamValidationError(report=found["report"].strip()))
    return _usage(output, program)


def _usage(output: str, program: str) -> str | None:
    """Explain what the aws command says of how it was called."""
    if found := CHOICE.search(output):
        return f"«{program}» no conoce «{found['found']}»: ¿quizá «{found['meant']}»? {REPEAT}"
    if found := REQUIRED.search(output):
        return f"A la orden le falta {_listed(found['names'])}, que es obligatorio. Añádelo y repite esta celda."
    if found := NO_VALUE.search(output):
        return (
            f"A «{found['name']}» no le ha llegado ningún valor: la variable del terminal que se le da está vacía, o "
            "falta. En una línea con !, el valor de una variable de Python se pone entre llaves, como {rest_api_id}, y "
            f"lo que asigna una línea no llega a la siguiente. {REPEAT}"
        )
    if found := UNKNOWN.search(output):
        return f"La orden no conoce {_listed(found['names'])}: está mal escrito, o no es de esta orden. {REPEAT}"
    if found := NOT_JSON.search(output):
        return (
            f"El valor de {found['name']} no es JSON ({found['said']}): los nombres y los textos van entre comillas "
            'dobles y el JSON entero entre las simples, como \'{"User": {"S": "pipo"}}\', con las llaves dobles si la '
            f"línea usa variables. {REPEAT}"
        )
    if found := NO_FILE.search(output):
        name = found["path"] or found["given"]
        return f"No existe el archivo «{name}». Revisa el nombre, o ejecuta antes la celda que lo escribe. {REPEAT}"
    if "must be a zip file with the fileb:// prefix" in output:
        return f"A --zip-file le falta el prefijo: se esperaba como fileb://build/user_lambda.zip. {REPEAT}"
    if "Invalid argument type" in output:
        return f"El bucket está mal escrito: se esperaba como s3://si1p1, con s3:// delante. {REPEAT}"
    if "error: argument command: Invalid choice" in output or "error: argument operation: Invalid choice" in output:
        return (
            f"«{program}» no conoce esa orden. Las que hay se ven con «{program} help», y las de un servicio con, por "
            f"ejemplo, «{program} lambda help». {REPEAT}"
        )
    if "too few arguments" in output:
        return f"A la orden le falta decir qué hacer: se esperaba como «{program} s3 ls». {REPEAT}"
    return None


def _programs(text: str) -> list[str]:
    commands = [[word for word in one.split() if "=" not in word] for one in re.split(r"[;|&\n]+", text)]
    return [words[0].rpartition("/")[2] for words in commands if words]


def _named(command: str) -> Iterator[tuple[str, str]]:
    """Yield the bucket and the key that a command names, as AWS's errors call them."""
    if found := re.search(r"s3://(?P<bucket>[^/\s'\"]+)|--bucket[ =](?P<given>\S+)", command):
        yield "BucketName", found["bucket"] or found["given"]
    if found := re.search(r"s3://[^/\s]+/(?P<key>[^\s'\"]+)|--key[ =](?P<given>\S+)", command):
        yield "Key", found["key"] or found["given"]


def _listed(names: str) -> str:
    return ", ".join(f"«{name.strip()}»" for name in names.split(","))
