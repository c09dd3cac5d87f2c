"""Explain what boto3 and requests refuse before they send anything: wrong parameters, methods, names and addresses."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import requests
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as aws
from botocore.client import BaseClient

MISSING = re.compile(r'Missing required parameter in (?P<where>[^:]+): "(?P<name>[^"]*)"')
UNKNOWN = re.compile(r'Unknown parameter in (?P<where>[^:]+): "(?P<name>[^"]*)", must be one of: (?P<valid>.*)')
TYPE = re.compile(
    r"Invalid type for parameter (?P<name>[^,]+), value: (?P<value>.*), type: <class '(?P<type>[\w.]+)'>, "
    r"valid types: (?P<valid>.*)",
    re.DOTALL,
)
SIZE = re.compile(
    r"Invalid (?:length|range) for parameter (?P<name>[^,]+), value: (?P<value>[^,]*), valid min (?:length|value): "
    r"(?P<least>\d+)"
)
BUCKET = re.compile(r'Invalid bucket name "(?P<name>[^"]*)"')
# More of a value than this hides the sentence.
VALUE_CHARACTERS = 60
WORDS_CHARACTERS = 400

BOTOCORE = {
    aws.NoCredentialsError: "boto3 no encuentra credenciales: las de prueba las pone la primera celda, lab.open(…). "
    "Ejecútala y repite esta celda.",
    aws.PartialCredentialsError: "A boto3 le falta una parte de las credenciales: las de prueba las pone la primera "
    "celda, lab.open(…). Ejecútala y repite esta celda.",
    aws.NoRegionError: "boto3 no sabe qué región usar: la pone la primera celda, lab.open(…). Ejecútala y repite esta "
    "celda.",
    aws.InvalidRegionError: "El nombre de la región no está bien escrito: se esperaba uno como us-east-1. Quita "
    "region_name, que lab.open ya pone la región, y repite esta celda.",
    aws.WaiterError: "Se ha acabado el tiempo de esperar sin que llegue el estado que se espera. Mira el estado que "
    "tiene ahora, con get_function o describe_table: si es Failed, borra y crea otra vez el recurso; si no, repite "
    "esta celda.",
    aws.IncompleteReadError: "La respuesta se ha cortado a la mitad. Repite esta celda.",
}
WRONG_ADDRESS = (
    requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL,
)  # fmt: skip
SCHEMA = (
    "La dirección no está completa: empieza por http:// y sigue con la máquina y el puerto, como "
    'http://localhost:4566; la de LocalStack está en os.environ["AWS_ENDPOINT_URL"]. Corrígela y repite esta celda.'
)


def of_botocore(error: aws.BotoCoreError | S3UploadFailedError) -> str:
    """Explain an error of boto3's own; its words follow in a line of their own."""
    if isinstance(error, aws.ParamValidationError):
        report = str(error.kwargs.get("report", ""))
        explained = " ".join(_parameters(report)) or "boto3 no acepta los parámetros de esta llamada."
        text = f"{explained} Corrígelo y repite esta celda."
    elif isinstance(error, aws.UnknownServiceError):
        name = str(error.kwargs.get("service_name"))
        known = str(error.kwargs.get("known_service_names", "")).split(", ")
        text = f"boto3 no conoce ningún servicio «{name}»{_perhaps(name, known)} Corrige el nombre y repite esta celda."
    else:
        known_text = next((text for kind, text in BOTOCORE.items() if isinstance(error, kind)), None)
        text = known_text or "boto3 no ha podido hacer esta llamada."
    return f"{text}\nboto3 dice: {_words(error)}"


def unknown_method(client: BaseClient, name: str) -> str:
    """Explain a method that a client does not have."""
    service = client.meta.service_model.service_name
    methods = [*client.meta.method_to_api_mapping, *(one for one in dir(client) if not one.startswith("_"))]
    return (
        f"El cliente de boto3 para {service} no tiene ningún método «{name}»{_perhaps(name, methods)} Corrige el "
        "nombre y repite esta celda."
    )


def of_another_name(error: ValueError | KeyError) -> str | None:
    """Explain the errors that boto3 raises as Python's, or return None if it is none of them."""
    said = str(error)
    if found := re.match(r"Waiter does not exist: (\S+)", said):
        return (
            f"El cliente no sabe esperar a «{found[1]}». Los nombres que sí conoce están en su waiter_names, como "
            "aws_lambda.waiter_names. Corrígelo y repite esta celda."
        )
    if found := re.match(r"Invalid endpoint: (.+)", said):
        return f"La dirección «{found[1]}» no está completa. {SCHEMA.partition(': ')[2].capitalize()}"
    return None


def of_requests(error: requests.RequestException) -> str | None:
    """Explain an error of requests that is not of the connection, or return None."""
    if isinstance(error, WRONG_ADDRESS):
        return f"{SCHEMA}\nrequests dice: {_words(error)}"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        answer = error.response
        return (
            f"La petición ha llegado y la respuesta es {answer.status_code}: el cuerpo dice por qué. Corrige lo que "
            f"diga y repite esta celda.\nCuerpo: {answer.text[:WORDS_CHARACTERS]}"
        )
    return None


def _parameters(report: str) -> Iterator[str]:
    """Yield a sentence for each parameter that boto3 reports."""
    for line in re.split(r"\n(?=Missing|Unknown|Invalid)", report):
        if found := MISSING.match(line):
            yield f"Falta el parámetro «{found['name']}», que es obligatorio{_inside(found['where'])}."
        elif found := UNKNOWN.match(line):
            valid = found["valid"].split(", ")
            yield (
                f"«{found['name']}» no es un parámetro de esta llamada{_inside(found['where'])}"
                f"{_perhaps(found['name'], valid)}"
            )
        elif found := TYPE.match(line):
            expected = " o ".join(re.findall(r"class '([\w.]+)'", found["valid"]))
            yield (
                f"El parámetro «{found['name']}» vale {_short(found['value'])}, que es {found['type']}, y se esperaba "
                f"{expected}{_hint(found['name'], found['type'], expected)}."
            )
        elif found := SIZE.match(line):
            yield (
                f"El parámetro «{found['name']}» es demasiado corto o pequeño ({found['value']}): se esperaba al menos "
                f"{found['least']}."
            )
        elif found := BUCKET.match(line):
            yield (
                f"«{found['name']}» no es el nombre de un bucket: se espera el nombre solo, sin s3:// ni carpetas, con "
                "minúsculas, cifras, puntos y guiones."
            )


def _inside(where: str) -> str:
    return "" if where == "input" else f" (dentro de «{where}»)"


def _hint(name: str, found: str, expected: str) -> str:
    """Return how to turn the one into the other, for the mistakes that are made most."""
    if found == "dict" and "bytes" in expected:
        return ": conviértelo con json.dumps(…).encode()"
    if found == "NoneType":
        return ": la variable está vacía, o la celda que le da valor no se ha ejecutado"
    if expected == "dict" and name.startswith(("Item.", "Key.", "ExpressionAttributeValues.")):
        return ': DynamoDB quiere el tipo con el valor, como {"S": "pipo"}'
    if name.endswith(".N"):
        return ': en DynamoDB los números se escriben como texto, {"N": "3"}'
    return ""


def _perhaps(name: str, valid: Iterable[str]) -> str:
    """Return the end of a sentence: the name of `valid` that may be meant, if there is one."""
    by_lower = {one.strip().lower(): one.strip() for one in valid}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f": ¿quizá «{by_lower[near[0]]}»?" if near else "."


def _short(value: str) -> str:
    return value if len(value) <= VALUE_CHARACTERS else f"{value[:VALUE_CHARACTERS]}…"


def _words(error: BaseException) -> str:
    """Return what the error says, in one line."""
    said = " ".join(str(error).split())
    return said if len(said) <= WORDS_CHARACTERS else f"{said[:WORDS_CHARACTERS]}…"
