"""AWS clients for what the workbook asks for itself, which neither the journal nor `%%comandos` shows."""

import os
from functools import lru_cache
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config

from helpers.errors import EndpointError

# What the User-Agent of these clients' requests contains.
AGENT = "si1p1-cuaderno"
HEADERS = {"User-Agent": AGENT}  # for requests without boto3

# botocore and the aws command add AWS_EXECUTION_ENV to their User-Agent: so the journal knows which of this process's,
# or its commands', a call is. A process that checks what another one has done is given that one's.
ORIGIN = os.environ.get("SI1P1_ORIGIN") or f"si1p1-{os.getpid()}"


def client(service: str) -> Any:
    """Return a client of boto3's default session, cached because creating one takes longer than several calls.

    Raises `EndpointError` before `lab.open`: without its address, boto3 would ask AWS itself.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        raise EndpointError("Todavía no se sabe qué LocalStack usar. Ejecuta antes la primera celda, lab.open(…).")
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    return _client_of(boto3.DEFAULT_SESSION, service, endpoint)


@lru_cache(maxsize=16)
def _client_of(session: Any, service: str, endpoint_url: str) -> Any:
    return session.client(service, endpoint_url=endpoint_url, config=Config(user_agent_extra=AGENT))


def is_own(of: BaseClient) -> bool:
    """Tell whether a client is one of these."""
    return AGENT in (getattr(of.meta.config, "user_agent_extra", "") or "")
