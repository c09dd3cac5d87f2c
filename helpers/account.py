"""A real AWS account in place of LocalStack, only for who names it: what differs there, in one place.

The cells and the handlers are written for LocalStack, as the handout is. With `SI1P1_AWS_ACCOUNT` and the number of
the account, `lab.open` uses the caller's own credentials, once AWS has said that they are that account's; what AWS
would not accept is changed in each call of boto3's default session, and of `awslocal`, before it leaves.
"""

import contextlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from helpers.checkpoints import API, BUCKET, LOG_PREFIX, REGION, ROLE, TABLE, functions, invocation_uri
from helpers.errors import AccountError
from helpers.project import ACCOUNT_VARIABLE, BUILD

ROLE_VARIABLE = "SI1P1_AWS_ROLE"
LOCAL_ACCOUNT = "000000000000"
# The others need LocalStack.
SECTIONS = ("s3", "lambda", "api_gateway", "dynamodb")

# Half a minute and more in all: AWS creates or deletes one REST API in 30 s (page "Amazon API Gateway quotas").
ATTEMPTS = 10

LOCALSTACK_ONLY = (
    "Esta celda es de LocalStack: reinicia, consulta o prepara el emulador, y en una cuenta de AWS no lo hay. Sigue "
    "con la tarea o la pregunta siguiente."
)

type Parameters = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """The account `number` (12 digits), and the role that its functions run with."""

    number: str
    role: str

    @property
    def bucket(self) -> str:
        """The practice's bucket there: the names of S3 are everybody's, so it ends in the account's number."""
        return f"{BUCKET}-{self.number}"

    def owns(self, name: str) -> bool:
        """Tell whether the resource, or the group of a function's log, is the practice's."""
        return name.removeprefix(LOG_PREFIX) in (self.bucket, TABLE, API, *functions())

    def open(self, section: str) -> list[tuple[str, str]]:
        """Point boto3 and awslocal at the account, and return what the student has to know, as rows.

        Raises `AccountError`, before anything is created, if the credentials are another account's.
        """
        if section not in SECTIONS:
            raise AccountError(
                f"La sección «{section}» necesita LocalStack, y {ACCOUNT_VARIABLE} pide una cuenta de AWS. En AWS se "
                f"pueden abrir: {', '.join(SECTIONS)}. Para esta, borra la variable y abre el cuaderno otra vez."
            )
        caller = self._connect()
        self._write_awslocal()
        return [
            ("AWS", f"cuenta {self.number}, región {REGION}, con las credenciales de {caller}"),
            ("En cada llamada", f"el bucket {BUCKET} es {self.bucket}, y el papel de las funciones, {self.role}"),
            ("Aviso", "lo que crean las celdas puede costar dinero, y la URL de la sección 4 es pública: al acabar, "
                      "borra lo que quede."),
        ]  # fmt: skip

    def _connect(self) -> str:
        """Point boto3's default session at the account; return who the caller is, as AWS says it."""
        os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
        session = botocore.session.get_session()
        session.set_default_client_config(Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}))
        for event, change in {
            "s3": self._with_bucket,
            "lambda.CreateFunction": self._with_role,
            "lambda.CreateFunctionUrlConfig": self._open_to_the_public,
            "api-gateway.PutIntegration": self._with_permission,
            "api-gateway.CreateDeployment": self._integrate_all,
        }.items():
            # The stubs know of no handler that returns something; this event's do.
            session.register(f"provide-client-params.{event}", change)  # type: ignore[arg-type]
        try:
            account_session = boto3.Session(botocore_session=session)
            at_once = Config(connect_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
            caller = account_session.client("sts", config=at_once).get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise AccountError(
                f"AWS no ha reconocido tus credenciales: {error}. Ponlas como dice la página «Configuration and "
                f"credential file settings» de la orden «aws», o borra {ACCOUNT_VARIABLE} para usar LocalStack."
            ) from error
        if caller["Account"] != self.number:
            endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
            raise AccountError(
                f"{ACCOUNT_VARIABLE} vale {self.number}, pero tus credenciales son de la cuenta {caller['Account']}"
                + (f", según {endpoint}, la dirección de AWS_ENDPOINT_URL" * bool(endpoint))
                + ". No se ha creado nada: corrige la variable o las credenciales, o bórrala para usar LocalStack."
            )
        boto3.DEFAULT_SESSION = account_session
        return str(caller["Arn"])

    def _write_awslocal(self) -> None:
        """Put an `awslocal` for the account before LocalStack's in the PATH of the cells' terminal."""
        folder = BUILD / "aws"
        folder.mkdir(parents=True, exist_ok=True)
        if os.name == "nt":
            (folder / "awslocal.cmd").write_text(f'@"{sys.executable}" -m helpers.account %*\n', "utf-8")
        else:
            script = folder / "awslocal"
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m helpers.account "$@"\n', "utf-8")
            script.chmod(0o755)
        programs = Path(sys.executable).parent  # the command aws is there
        path = [str(folder), str(programs), *os.environ["PATH"].split(os.pathsep)]
        os.environ["PATH"] = os.pathsep.join(dict.fromkeys(path))

    def rename(self, words: list[str]) -> list[str]:
        """Return an `awslocal` command, as words, for this account."""
        renamed = [re.sub(rf"^s3://{BUCKET}(?=/|$)", f"s3://{self.bucket}", self._with_account(word)) for word in words]
        for position, word in enumerate(words[:-1]):
            if word == "--bucket" and words[position + 1] == BUCKET:
                renamed[position + 1] = self.bucket
        return renamed

    # What AWS asks for and LocalStack does not. Each is called by boto3 with the parameters of a call.

    def _with_bucket(self, params: Parameters, **_: Any) -> Parameters:
        return params | {"Bucket": self.bucket} if params.get("Bucket") == BUCKET else params

    def _with_role(self, params: Parameters, **_: Any) -> Parameters:
        if "Role" in params:  # else boto3 says that it is missing
            params = params | {"Role": self._with_account(params["Role"])}
        variables = params.get("Environment", {}).get("Variables", {})
        return params | {"Environment": {"Variables": variables | {"BUCKET": self.bucket}}}

    def _open_to_the_public(self, params: Parameters, **_: Any) -> None:
        """Let anybody call the URL without authorization (page "Control access to Lambda function URLs")."""
        if params.get("AuthType") == "NONE":
            name = params["FunctionName"]
            self._allow(name, "url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
            self._allow(name, "url-invoke", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True)

    def _with_permission(self, params: Parameters, **_: Any) -> Parameters:
        """Let the API invoke the function that it is integrated with, and name this by its whole ARN.

        Pages "AddPermission" of the Lambda reference and "PutIntegration" of API Gateway's.
        """
        integrated = re.search(r"/functions/(?:arn:aws:lambda:[^:]+:\d{12}:function:)?([\w-]+)/", params.get("uri", ""))
        if not integrated:
            return params
        api, function = params["restApiId"], integrated[1]
        self._allow(
            function, f"apigateway-{api}", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{self.number}:{api}/*",
        )  # fmt: skip
        arn = f"arn:aws:lambda:{REGION}:{self.number}:function:{function}"
        return params | {"uri": invocation_uri(arn)}

    def _integrate_all(self, params: Parameters, **_: Any) -> None:
        """Give each method that has no integration one that answers 500, as LocalStack does without.

        AWS does not deploy an API with such a method ("No integration defined for method"; page "Integrations for REST
        APIs in API Gateway"), and the practice does. The answer: page "Mock integrations for REST APIs in API Gateway".
        """
        client, api = boto3.client("apigateway"), params["restApiId"]
        for page in client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"]):
            for resource in page["items"]:
                for method, details in resource.get("resourceMethods", {}).items():
                    if "methodIntegration" not in details:
                        client.put_integration(
                            restApiId=api, resourceId=resource["id"], httpMethod=method, type="MOCK",
                            requestTemplates={"application/json": '{"statusCode": 500}'},
                        )  # fmt: skip

    def _allow(self, function: str, statement: str, **permission: Any) -> None:
        client = boto3.client("lambda")
        with contextlib.suppress(client.exceptions.ResourceConflictException):  # the cell was run before
            client.add_permission(FunctionName=function, StatementId=statement, **permission)

    def _with_account(self, text: str) -> str:
        """Return `text` with this account and its role in the place of LocalStack's."""
        return text.replace(ROLE, f"arn:aws:iam::{self.number}:role/{self.role}").replace(LOCAL_ACCOUNT, self.number)


def requested() -> Account | None:
    """Return the account that the environment names, or None for LocalStack; raises `AccountError`."""
    number = os.environ.get(ACCOUNT_VARIABLE, "")
    if not number:
        return None
    if not re.fullmatch(r"\d{12}", number, re.ASCII):
        raise AccountError(
            f"{ACCOUNT_VARIABLE} vale «{number}»: tiene que ser el número de tu cuenta de AWS, de 12 cifras, como "
            "123456789012. Corrígela, o bórrala para usar LocalStack."
        )
    return Account(number, os.environ.get(ROLE_VARIABLE, ROLE.rpartition("/")[2]))


def main() -> int:
    """Run the command `aws` with the words of an `awslocal` one, for the account that the environment names."""
    account = requested()
    if account is None:
        sys.exit(f"Falta {ACCOUNT_VARIABLE}, el número de tu cuenta de AWS.")
    return subprocess.run(["aws", *account.rename(sys.argv[1:])]).returncode


if __name__ == "__main__":
    sys.exit(main())
