"""The checks of section 4 on the function and its log; `restart` has the one of what a restart loses."""

import itertools
import json
import re

from helpers.emulator.journal import Entry, Kind
from helpers.practice.checkpoints import BUCKET, LOG_PREFIX
from helpers.practice.checks import of
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import READERS, Missing, Unknown

FUNCTION = "user_lambda"
GROUP = LOG_PREFIX + FUNCTION
URL = "lambda-url"  # the service of a request to a function URL
NODE = "nodejs"
# Those of Node.js that AWS maintains (Lambda Developer Guide, Lambda runtimes).
MAINTAINED = ("nodejs22.x", "nodejs24.x")
RETIRED = f"AWS mantiene {' y '.join(MAINTAINED)}; con {{}} acabará por no dejar crear funciones, o ya no deja."
# What a function URL's answer to a POST says of it; the rest are the handler's own.
HINT_OF_STATUS = {
    403: "Con 403, la dirección no es la de la función: la da get_function_url_config.",
    502: "Con 502, la función ha fallado: el motivo está en su registro.",
}
MAX_BODY = 100
WRITTEN = re.compile(r"users/[^/]+")
# The name that is sent, as JSON or Python write it; not body["username"], which is code in a traceback.
SENT = re.compile(r"username\\*[\"']\s*:")


@of("lambda-1")
def javascript(evidence: Evidence) -> str:
    """Check that a function has been made with a runtime of Node.js; it may be gone, and `node` may not be here."""
    try:
        made = in_order(evidence.calls("CreateFunction"), evidence.calls("UpdateFunctionConfiguration"))
        runtimes = {str(call.parameters.get("Runtime", "")): name_in(call) for call in made}
    except Unknown:
        pages = evidence.client("lambda").get_paginator("list_functions").paginate()
        runtimes = {one.get("Runtime", ""): one["FunctionName"] for page in pages for one in page["Functions"]}
        if not any(runtime.startswith(NODE) for runtime in runtimes):
            raise
        made = []
    node = [runtime for runtime in runtimes if runtime.startswith(NODE)]
    if not node:
        raise Missing(
            f"Ninguna función se ha creado con un runtime de JavaScript.{refused_runtime(evidence)}",
            "Crea una con otro Runtime: los admitidos están en el modelo del servicio que lleva boto3.",
        )
    runtime = next((one for one in node if one in MAINTAINED), node[-1])
    evidence.made_here([call for call in made if call.parameters.get("Runtime") == runtime])
    evidence.notes += [READERS] if runtime in MAINTAINED else [RETIRED.format(runtime), READERS]
    return f"La función «{runtimes[runtime]}» se ha creado con {runtime}."


def refused_runtime(evidence: Evidence) -> str:
    """Return a sentence with the last runtime that AWS has refused, if any."""
    refused = [call for call in evidence.calls("CreateFunction", refused=True) if "at 'runtime'" in call.message]
    return f" AWS ha rechazado {refused[-1].parameters['Runtime']}: {refused[-1].error}." if refused else ""


@of("lambda-2")
def event(evidence: Evidence) -> str:
    """Check that a POST has reached the function by its URL, and that its event has been read in the log."""
    posts = answered_posts(evidence)
    reads = [call for call in on_group(evidence, "FilterLogEvents", "GetLogEvents") if call.number > posts[0].number]
    if not reads:
        raise Missing(
            f"A la URL de «{FUNCTION}» ha llegado un POST, pero después nadie ha leído el registro de la función.",
            f"Lo que la función imprime, y con ello el evento, está en {GROUP}: filter_log_events.",
        )
    shown = body_in_the_log(evidence)
    evidence.made_here(reads)
    evidence.not_typed(*{str(post.parameters["host"]).partition(".")[0] for post in posts})
    evidence.notes.append(READERS)
    return f"Un POST ha llegado a la URL de «{FUNCTION}», y después se ha leído su registro{shown}."


def answered_posts(evidence: Evidence) -> list[Entry]:
    """Return the POST requests to the function's URL that have had a right answer."""
    created(evidence)
    if not on_function(evidence, "CreateFunctionUrlConfig"):
        raise Missing(f"La función «{FUNCTION}» no tiene URL.", "Dásela con create_function_url_config.")
    requests = [entry for entry in evidence.entries if entry.kind is Kind.REQUEST and entry.service == URL]
    posts = [entry for entry in requests if entry.name == "POST"]
    if right := [post for post in posts if not post.failed]:
        return right
    if posts:
        status = posts[-1].status
        raise Missing(
            f"La respuesta al POST enviado a la URL ha sido {status}.",
            HINT_OF_STATUS.get(status, "El cuerpo tiene que ser el JSON del enunciado, y Content-Type, decirlo."),
        )
    if requests:
        raise Missing(
            f"A la URL solo ha llegado {requests[-1].name}, y ningún POST.",
            "Con `curl -X POST`, y los datos detrás de `-d`.",
        )
    if on_function(evidence, "Invoke"):
        raise Missing(
            f"«{FUNCTION}» se ha ejecutado con Invoke y no por su URL: el evento es entonces lo enviado, tal cual.",
            "Envía el POST a la URL de la función, con `curl`.",
        )
    raise Missing(f"A la URL de «{FUNCTION}» no ha llegado ninguna petición.", "Envíale el POST del enunciado.")


def body_in_the_log(evidence: Evidence) -> str:
    """Return a clause with the event that the log shows; nothing if the log is gone.

    Raises `Missing` if the function has written nothing of it there.
    """
    messages = log_of_the_function(evidence)
    for message in messages:
        try:
            return f", donde está lo que se envió: {json.loads(message)['body'][:MAX_BODY]}"
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    if messages and not any(SENT.search(message) for message in messages):
        raise Missing(
            f"El registro de «{FUNCTION}» se ha leído, pero el evento no está: la función no lo imprime.",
            "Añade al principio del `handler` un `print` del evento, actualiza el código y repite la petición.",
        )
    return ""


def log_of_the_function(evidence: Evidence) -> list[str]:
    """Return the messages in the function's log, none if it has no log."""
    logs = evidence.client("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP)
        return [one["message"] for page in pages for one in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


@of("lambda-3")
def downloaded(evidence: Evidence) -> str:
    """Check that an object has been downloaded that the function, and nobody else, had written."""
    created(evidence)
    written = written_by_the_function(evidence)
    author: dict[str, str] = {}
    downloads = []
    for entry in evidence.entries:
        key = str(entry.parameters.get("Key", "")) if entry.parameters.get("Bucket") == BUCKET else ""
        if entry.name == "PutObject" and not entry.failed:
            author[key] = entry.function
        elif entry.name == "GetObject" and not entry.function and not entry.failed and key in written:
            downloads.append((entry, author.get(key)))
    right = [entry for entry, by in downloads if by == FUNCTION]
    if not right:
        raise Missing(*why_not_downloaded(evidence, written, bool(downloads)))
    evidence.made_here(right)
    return f"La función ha escrito {right[-1].parameters['Key']}, y después se ha descargado."


def written_by_the_function(evidence: Evidence) -> list[str]:
    """Return the keys `users/…` that the function has written in the practice's bucket."""
    puts = [
        entry
        for entry in evidence.entries
        if entry.name == "PutObject" and entry.function == FUNCTION and entry.parameters["Bucket"] == BUCKET
    ]
    keys = [str(put.parameters["Key"]) for put in puts if not put.failed]
    if right := [key for key in keys if WRITTEN.fullmatch(key)]:
        return right
    if keys:
        raise Missing(f"La función ha escrito {keys[-1]}, y no users/{{username}}.", "Corrige la clave en el handler.")
    if puts:
        raise Missing(
            f"La función ha intentado escribir {puts[-1].parameters['Key']}, y S3 ha respondido {puts[-1].error}.",
            f"Mira que exista el bucket {BUCKET}.",
        )
    try:
        answered_posts(evidence)
    except Missing as missing:
        raise Missing(missing.found, missing.look_at, "lambda-2") from None
    raise Missing(f"La función ha respondido, pero no ha escrito nada en {BUCKET}.", "Mira su código y su registro.")


def why_not_downloaded(evidence: Evidence, written: list[str], is_by_hand: bool) -> tuple[str, str]:
    """Return what was found, and what to look at, when nobody has downloaded what the function wrote."""
    if is_by_hand:
        return (
            f"Lo que se ha descargado de {written[-1]} no lo había escrito la función: otro lo escribió después.",
            "Repite el POST y descárgalo.",
        )
    refused = [*evidence.calls("GetObject", refused=True), *evidence.calls("HeadObject", refused=True)]
    if refused:
        asked = refused[-1].parameters
        return (
            f"Se ha pedido {asked['Key']} de {asked['Bucket']}, que no existe; la función ha escrito {written[-1]}.",
            "Mira la clave en la lista del bucket: es la que hay que dar, entera.",
        )
    return f"Nadie ha descargado {written[-1]}, que ha escrito la función.", "Con s3 cp, o con download_file."


@of("logs-1")
def log_commands(evidence: Evidence) -> str:
    """Check that the task's commands have been run; LocalStack's own log takes no call, so it cannot be seen."""
    created(evidence)
    ran = [entry for entry in evidence.entries if entry.service == URL and entry.request_id]
    ran += on_function(evidence, "Invoke")
    if not ran:
        raise Missing("La función no se ha ejecutado todavía, y no tiene registro.", depends_on="lambda-2")
    first = min(entry.number for entry in ran)
    groups = [call for call in evidence.calls("DescribeLogGroups") if call.number > first]
    streams, events = on_group(evidence, "DescribeLogStreams"), on_group(evidence, "GetLogEvents")
    steps = {
        "los grupos, una vez ejecutada la función (describe_log_groups)": groups,
        f"los flujos de {GROUP} (describe_log_streams)": streams,
        "los mensajes de sus flujos (get_log_events)": events,
    }
    if missing := [step for step, calls in steps.items() if not calls]:
        raise Missing(f"Falta pedir {'; '.join(missing)}.", "Son las órdenes de la tarea.")
    read = {str(call.parameters["logStreamName"]) for call in events}
    if unread := sorted(streams_until(evidence, events[-1].at_ms) - read):
        raise Missing(f"Falta leer los mensajes de {', '.join(unread)}.", "Son todos los flujos, no solo uno.")
    evidence.made_here(events)
    evidence.not_typed(*read)
    evidence.notes.append(READERS)
    return f"Se han pedido los grupos, los flujos de {GROUP} y los mensajes de cada uno (flujos: {len(read)})."


def streams_until(evidence: Evidence, at_ms: int) -> set[str]:
    """Return the names of the function's streams that were there at a time, none if its log is gone."""
    logs = evidence.client("logs")
    try:
        pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=GROUP)
        return {one["logStreamName"] for page in pages for one in page["logStreams"] if one["creationTime"] < at_ms}
    except logs.exceptions.ResourceNotFoundException:
        return set()


def created(evidence: Evidence) -> None:
    """Raise `Missing` if nobody has created the practice's function."""
    if on_function(evidence, "CreateFunction"):
        return
    if refused := on_function(evidence, "CreateFunction", refused=True):
        raise Missing(
            f"La función «{FUNCTION}» no se ha podido crear: {refused[-1].error}: {refused[-1].message[:200]}",
            "Corrige lo que AWS dice de create_function, y créala otra vez.",
        )
    others = ", ".join(dict.fromkeys(map(name_in, evidence.calls("CreateFunction"))))
    there = f"; se ha creado {others}" if others else ""
    raise Missing(f"No se ha creado la función «{FUNCTION}»{there}.", "Créala con create_function.")


def on_function(evidence: Evidence, operation: str, *, refused: bool = False) -> list[Entry]:
    """Return the calls of an operation on the practice's function."""
    return [call for call in evidence.calls(operation, refused=refused) if name_in(call) == FUNCTION]


def name_in(call: Entry) -> str:
    """Return the function's name, which a call may give as an ARN and with a version."""
    return str(call.parameters.get("FunctionName", "")).rpartition(":function:")[2].partition(":")[0]


def on_group(evidence: Evidence, *operations: str) -> list[Entry]:
    """Return the calls on the log group of the practice's function, which they may give by its ARN, in order."""
    given = ("logGroupName", "logGroupIdentifier")
    return [
        call
        for call in in_order(*map(evidence.calls, operations))
        if any(str(call.parameters.get(name, "")).endswith(GROUP) for name in given)
    ]


def in_order(*calls: list[Entry]) -> list[Entry]:
    """Return several lists of calls as one, in the order in which they were made."""
    return sorted(itertools.chain(*calls), key=lambda call: call.number)
