"""Explain that LocalStack is not there: stopped, starting, restarted, or not at that address."""

from urllib.parse import urlsplit

import requests
from botocore import exceptions as aws

from helpers.emulator import instance
from helpers.emulator.process import Emulator, State, Status
from helpers.session.context import Context


def connection(error: Exception, context: Context) -> str:
    """Explain an error of a request that got no answer."""
    emulator = instance.from_environment()
    address = _address(error) or emulator.url
    if urlsplit(address).netloc != urlsplit(emulator.url).netloc:
        return (
            f"No se ha podido conectar con {address}. LocalStack está en {emulator.url}: revisa la dirección y repite "
            "esta celda. A una URL de función, que acaba en .localhost, se llama desde Python enviando la petición a "
            "LocalStack, con el nombre en la cabecera Host (sección 4)."
        )
    status = emulator.status()
    if not status.answers and emulator.is_external:
        return (
            f"En {emulator.url}, la dirección de AWS_ENDPOINT_URL, no responde ningún LocalStack. Arráncalo allí y "
            f"ejecuta {context.first_cell}. Para usar el de este cuaderno, borra esa variable y vuelve a abrirlo con "
            "«si1p1 lab»."
        )
    if status.answers:
        if was_restarted(context):
            return restarted(context)
        return (
            f"LocalStack está en marcha en {emulator.url}, pero no ha respondido a tiempo o ha cortado esta petición. "
            f"Repite esta celda; si se repite el error, ejecuta {context.first_cell}."
        )
    return _down(emulator, status, context)


def stopped(context: Context) -> str | None:
    """Return what to do if LocalStack is not running, which may be why a terminal command got no output."""
    emulator = instance.from_environment()
    status = emulator.status()
    return None if status.answers or emulator.is_external else _down(emulator, status, context)


def was_restarted(context: Context) -> bool:
    """Tell whether a section is open, and LocalStack is another than it was then."""
    return bool(context.section) and instance.from_environment().status().session_id != context.session_id


def restarted(context: Context) -> str:
    """Return what to do if it is."""
    return (
        "LocalStack se ha reiniciado desde que se abrió la sección: lo que había en la nube ya no está, y los "
        f"identificadores guardados en variables no sirven. {context.from_the_start()}"
    )


def _down(emulator: Emulator, status: Status, context: Context) -> str:
    found = {
        State.STARTING: "todavía está arrancando",
        State.OCCUPIED: f"está parado, y su puerto, el {emulator.port}, lo tiene otro programa",
    }.get(status.state, f"está parado: en {emulator.url} no responde nadie")
    return (
        f"LocalStack {found}. Ejecuta {context.first_cell}, que lo arranca y deja la nube al principio de la sección, "
        "y sigue desde ahí."
    )


def _address(error: Exception) -> str | None:
    """Return the URL that could not be reached."""
    if isinstance(error, requests.RequestException):
        request = error.request
        url = request.url if request is not None else None
    else:
        url = error.kwargs.get("endpoint_url") if isinstance(error, aws.BotoCoreError) else None
    return "{0.scheme}://{0.netloc}".format(urlsplit(url)) if url else None
