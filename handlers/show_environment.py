"""Responde con las variables de entorno que recibe una función; no espera datos."""

import os


def handler(event: dict, context: object) -> dict:
    """Devuelve las que dicen quién es y dónde está AWS, sin credenciales."""
    shown = (
        "AWS_LAMBDA",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "LOCALSTACK_HOSTNAME",
        "EDGE_PORT",
        "_HANDLER",
    )
    return {name: os.environ[name] for name in os.environ if name.startswith(shown)}
