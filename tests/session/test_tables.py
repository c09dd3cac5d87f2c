"""Responses into tables: pure, so no cloud is needed."""

import time
from datetime import UTC, datetime

import pandas as pd
import pytest
import requests

from helpers import tables
from helpers.emulator.journal import Entry, Kind
from helpers.lab import Calls

MOMENT, LATER = datetime(2026, 11, 22, 12, 0, tzinfo=UTC), datetime(2026, 11, 22, 12, 0, 2, tzinfo=UTC)
EPOCH_MS = 1795559540900


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """A local time that is not the responses': five hours and three quarters later."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "XXX-05:45")
        time.tzset()
        yield
    time.tzset()


def local(moment):
    """Return what a clock on the wall shows at a moment."""
    return datetime.fromtimestamp(moment.timestamp())


def at(epoch_ms):
    """Return a moment of CloudWatch Logs."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def frame(table):
    """Return (columns, rows) of a table; what is missing is None."""
    return list(table.columns), [[None if pd.isna(value) else value for value in row] for row in table.values.tolist()]


def answer(status, reason, body, **headers):
    """Return an answer of `requests`."""
    made = requests.Response()
    made.status_code, made.reason, made._content = status, reason, body.encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


BUCKET_LIST = {
    "Buckets": [
        {"Name": "otro", "CreationDate": LATER, "BucketRegion": "us-east-1", "BucketArn": "arn:aws:s3:::otro"},
        {"Name": "si1p1", "CreationDate": MOMENT, "BucketRegion": "us-east-1", "BucketArn": "arn:aws:s3:::si1p1"},
    ],
    "Owner": {"ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"},
}
OBJECT = {"ChecksumAlgorithm": ["CRC32"], "ChecksumType": "FULL_OBJECT", "StorageClass": "STANDARD"}
OBJECT_LIST = {
    "IsTruncated": False,
    "Contents": [
        OBJECT | {"Key": "src/a.py", "LastModified": LATER, "ETag": '"900150983cd24fb0d6963f7d28e17f72"', "Size": 3},
        OBJECT | {"Key": "z.txt", "LastModified": MOMENT, "ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "Size": 0},
    ],
    "CommonPrefixes": [{"Prefix": "src/"}, {"Prefix": "users/"}],
    "EncodingType": "url", "KeyCount": 4, "MaxKeys": 1000, "Name": "si1p1", "Prefix": "", "Delimiter": "/",
}  # fmt: skip
LATER_MS = round(LATER.timestamp() * 1000)
CALLS = [
    Entry(Kind.START, round(MOMENT.timestamp() * 1000)),
    Entry(Kind.CALL, LATER_MS, "PutObject", 7, service="s3", parameters={"Bucket": "si1p1", "Body": "(3 bytes)"},
          status=200, asker="boto3"),
    Entry(Kind.CALL, LATER_MS, "PutItem", 8, service="dynamodb", parameters={"Item": {"a": {"S": "x" * 200}}},
          status=400, error="ValidationException", message="One or more", asker="function", function="user_lambda"),
    Entry(Kind.REQUEST, LATER_MS, "GET", 9, service="execute-api", parameters={"path": "/dev/user"}, status=403,
          asker="browser"),
]  # fmt: skip
FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
FUNCTION_LIST = {
    "Functions": [
        {
            "FunctionName": name, "FunctionArn": FUNCTION_ARN + name, "Runtime": runtime, "Handler": f"{name}.handler",
            "Role": "arn:aws:iam::000000000000:role/si1", "CodeSize": 1031, "Description": "", "Timeout": 10,
            "MemorySize": 128, "LastModified": "2026-11-24T22:32:20.255503+0000", "Version": "$LATEST",
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}, "PackageType": "Zip",
        }
        for name, runtime in (("user_lambda", "python3.13"), ("saluda", "nodejs22.x"))
    ]
}  # fmt: skip
GROUP = "/aws/lambda/user_lambda"
GROUP_ARN = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
GROUP_LIST = {
    "logGroups": [
        {"logGroupName": GROUP, "creationTime": EPOCH_MS, "metricFilterCount": 0, "arn": f"{GROUP_ARN}:*",
         "storedBytes": 291, "logGroupClass": "STANDARD", "logGroupArn": GROUP_ARN}
    ]
}  # fmt: skip
STREAM = "2026/11/24/[$LATEST]03b78f5d83b398b4b3ef6482c28b3e2a"
STREAM_LIST = {
    "logStreams": [
        {"logStreamName": STREAM, "creationTime": EPOCH_MS + 26, "firstEventTimestamp": EPOCH_MS,
         "lastEventTimestamp": EPOCH_MS + 7, "lastIngestionTime": EPOCH_MS + 32, "uploadSequenceToken": "1",
         "arn": f"{GROUP_ARN}:log-stream:{STREAM}", "storedBytes": 291},
        {"logStreamName": "vacío", "creationTime": EPOCH_MS, "arn": f"{GROUP_ARN}:log-stream:vacío", "storedBytes": 0},
    ]
}  # fmt: skip
REQUEST = "7e9672a6-b978-44b1-b07f-ba5fbe2c6f94"
LOG = [
    f"START RequestId: {REQUEST} Version: $LATEST\n",
    f"[WARNING]\t2026-11-24T22:32:20.900Z\t{REQUEST}\tcuidado\n",
    "[ERROR] KeyError: 'x'\rTraceback (most recent call last):\r    raise\n",
    f"END RequestId: {REQUEST}\n",
]
EVENTS = {
    "events": [
        {"timestamp": EPOCH_MS + number, "message": message, "ingestionTime": EPOCH_MS + 32}
        for number, message in enumerate(LOG)
    ],
    "nextBackwardToken": "b/00000000000000000000000000000000000000000000000000000000",
    "nextForwardToken": "f/00000000000000000000000000000000000000000000000000000003",
}
HEALTH = {
    "services": {"acm": "available", "sts": "running", "iam": "available", "s3": "running", "ec2": "error"},
    "edition": "unknown",
    "version": "4.14.0",
}
API_LIST = {
    "items": [
        {"id": "k9t7hfekmn", "name": "user_lambda", "createdDate": MOMENT, "apiKeySource": "HEADER",
         "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"}, "disableExecuteApiEndpoint": False,
         "rootResourceId": "g5kzwiul6d"}
    ]
}  # fmt: skip
INVOCATIONS = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
METHOD = {"apiKeyRequired": False, "methodResponses": {}, "requestParameters": {"method.request.path.username": True}}
RESOURCES = {
    "items": [
        {
            "id": "bfej4azapg", "parentId": "iecr4radsv", "pathPart": "{username}", "path": "/user/{username}",
            "resourceMethods": {
                "GET": METHOD | {"httpMethod": "GET", "authorizationType": "NONE"},
                "POST": METHOD | {
                    "httpMethod": "POST", "authorizationType": "AWS_IAM",
                    "methodIntegration": {
                        "type": "AWS_PROXY", "httpMethod": "POST", "passthroughBehavior": "WHEN_NO_MATCH",
                        "uri": f"{INVOCATIONS}/user_lambda_param/invocations", "timeoutInMillis": 29000,
                        "cacheNamespace": "bfej4azapg", "cacheKeyParameters": [],
                    },
                },
                "PUT": METHOD | {
                    "httpMethod": "PUT", "authorizationType": "NONE",
                    "methodIntegration": {
                        "type": "AWS", "httpMethod": "POST",
                        "uri": f"{INVOCATIONS}/{FUNCTION_ARN}user_lambda/invocations",
                    },
                },
            },
        },
        {"id": "iecr4radsv", "parentId": "g5kzwiul6d", "pathPart": "user", "path": "/user"},
        {"id": "g5kzwiul6d", "path": "/"},
    ]
}  # fmt: skip
# AWS tells them in no order that it promises.
DEPLOYMENTS = {"items": [{"id": "8mj75ts2ba", "createdDate": LATER}, {"id": "xzyw6633o3", "createdDate": MOMENT}]}
STAGE = {"cacheClusterEnabled": False, "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}}
STAGES = {
    "item": [
        STAGE | {"deploymentId": "8mj75ts2ba", "stageName": "dev", "createdDate": MOMENT, "lastUpdatedDate": LATER},
        STAGE | {"deploymentId": "xzyw6633o3", "stageName": "alfa", "createdDate": MOMENT, "lastUpdatedDate": MOMENT},
    ]
}
DESCRIPTION = {
    "Table": {
        "AttributeDefinitions": [
            {"AttributeName": "User", "AttributeType": "S"},
            {"AttributeName": "año", "AttributeType": "N"},
            {"AttributeName": "email", "AttributeType": "S"},
        ],
        "TableName": "si1p1", "TableStatus": "ACTIVE", "CreationDateTime": MOMENT, "ItemCount": 0,
        "KeySchema": [{"AttributeName": "User", "KeyType": "HASH"}, {"AttributeName": "año", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [
            {"IndexName": "por-email", "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}, "IndexStatus": "ACTIVE"}
        ],
        "TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/si1p1", "TableSizeBytes": 0,
    }
}  # fmt: skip
PIPO = {"email": {"S": "p@x"}, "n": {"N": "3"}, "User": {"S": "pipo"}}
SCAN = {"Items": [{"User": {"S": "pepa"}, "Activo": {"BOOL": True}}, PIPO], "Count": 2, "ScannedCount": 2}

# (what the table is made of, its columns, its rows); a row's moments are in UTC, and shown in local time.
CASES = {
    "buckets": ([BUCKET_LIST], ["Bucket", "Creado"], [["otro", LATER], ["si1p1", MOMENT]]),
    "deployments": ([DEPLOYMENTS], ["Despliegue", "Creado"], [["xzyw6633o3", MOMENT], ["8mj75ts2ba", LATER]]),
    "fields": (
        [{"version": "2.0", "requestContext": {"http": {"method": "POST"}}, "isBase64Encoded": False, "body": None}],
        ["Campo", "Valor", "Tipo"],
        [
            ["version", "2.0", "str"],
            ["requestContext", "{'http': {'method': 'POST'}}", "dict"],
            ["isBase64Encoded", "False", "bool"],
            ["body", "", ""],
        ],
    ),
    "functions": (
        [FUNCTION_LIST],
        ["Función", "Runtime", "Handler", "ARN"],
        [
            ["user_lambda", "python3.13", "user_lambda.handler", f"{FUNCTION_ARN}user_lambda"],
            ["saluda", "nodejs22.x", "saluda.handler", f"{FUNCTION_ARN}saluda"],
        ],
    ),
    "http": (
        [answer(404, "NOT FOUND", '{"x": "ñ"}', Content_Type="application/json"), answer(200, "OK", "hola")],
        ["Estado", "Tipo", "Cuerpo"],
        [["404 NOT FOUND", "application/json", '{"x": "ñ"}'], ["200 OK", "", "hola"]],
    ),
    "items": (
        [SCAN],
        ["User", "Activo", "email", "n"],
        [["pepa (S)", "True (BOOL)", "", ""], ["pipo (S)", "", "p@x (S)", "3 (N)"]],
    ),
    "key_schema": (
        [DESCRIPTION],
        ["Atributo", "Tipo", "Papel en la clave"],
        [["User", "S", "HASH"], ["año", "N", "RANGE"], ["email", "S", ""]],
    ),
    "log_events": (
        [[EVENTS]],
        ["Hora", "Petición", "Nivel", "Mensaje"],
        [
            [at(EPOCH_MS), "7e9672a6", "", LOG[0].strip()],
            [at(EPOCH_MS + 1), "7e9672a6", "WARNING", LOG[1].strip()],
            [at(EPOCH_MS + 2), "7e9672a6", "ERROR", LOG[2].strip().replace("\r", "\n")],
            [at(EPOCH_MS + 3), "7e9672a6", "", LOG[3].strip()],
        ],
    ),
    "log_groups": ([GROUP_LIST], ["Grupo", "Creado"], [[GROUP, at(EPOCH_MS)]]),
    "log_streams": (
        [STREAM_LIST],
        ["Flujo", "Primer evento", "Último evento"],
        [[STREAM, at(EPOCH_MS), at(EPOCH_MS + 7)], ["vacío", None, None]],
    ),
    "objects": (
        [OBJECT_LIST],
        ["Clave", "Tamaño (bytes)", "Modificado"],
        [["src/a.py", 3, LATER], ["z.txt", 0, MOMENT]],
    ),
    "prefixes": ([OBJECT_LIST], ["Prefijo común"], [["src/"], ["users/"]]),
    "rest_apis": ([API_LIST], ["API", "Id", "Creado"], [["user_lambda", "k9t7hfekmn", MOMENT]]),
    "routes": (
        [RESOURCES],
        ["Ruta", "Id", "Método", "Autorización", "Integración", "Función"],
        [
            ["/", "g5kzwiul6d", "", "", "", ""],
            ["/user", "iecr4radsv", "", "", "", ""],
            ["/user/{username}", "bfej4azapg", "GET", "NONE", "", ""],
            ["/user/{username}", "bfej4azapg", "POST", "AWS_IAM", "AWS_PROXY", "user_lambda_param"],
            ["/user/{username}", "bfej4azapg", "PUT", "NONE", "AWS", "user_lambda"],
        ],
    ),
    "calls": (
        [CALLS],
        ["Nº", "Hora", "Quién", "Operación", "Con qué", "Respuesta"],
        [
            ["", "17:45:00", "", "LocalStack arranca", "", ""],
            [7, "17:45:02", "boto3", "s3 PutObject", "Bucket=si1p1, Body=(3 bytes)", "200"],
            [
                8,
                "17:45:02",
                "función user_lambda",
                "dynamodb PutItem",
                f'Item={{"a": {{"S": "{"x" * 107}…',
                "400 ValidationException: One or more",
            ],
            [9, "17:45:02", "navegador", "execute-api GET", "path=/dev/user", "403"],
        ],
    ),
    "services": (
        [HEALTH],
        ["Servicio", "Estado"],
        [["s3", "running"], ["sts", "running"], ["acm", "available"], ["ec2", "error"], ["iam", "available"]],
    ),
    "stages": (
        [STAGES],
        ["Etapa", "Despliegue", "Actualizada"],
        [["dev", "8mj75ts2ba", LATER], ["alfa", "xzyw6633o3", MOMENT]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_whole_table_of_a_response_that_boto3_returned(name):
    responses, columns, rows = CASES[name]
    made = getattr(tables, name)(*responses)
    assert frame(made) == (columns, [[local(one) if isinstance(one, datetime) else one for one in row] for row in rows])
    assert "tiene más" not in made._repr_html_()


def test_the_services_that_are_not_named_are_counted():
    made = tables.services(HEALTH, "s3", "iam")
    assert frame(made)[1] == [["s3", "running"], ["iam", "available"], ["otros 3", ""]]


def test_every_table_has_a_case():
    assert sorted(CASES) == sorted(set(tables.__all__) - {"Table", "align_left", "function_of", "table"})


@pytest.mark.parametrize(
    ("show", "empty", "columns"),
    [
        (tables.buckets, {"Buckets": []}, ["Bucket", "Creado"]),
        (tables.objects, {"KeyCount": 0}, ["Clave", "Tamaño (bytes)", "Modificado"]),
        (tables.prefixes, {"KeyCount": 0}, ["Prefijo común"]),
        (tables.log_events, [], ["Hora", "Petición", "Mensaje"]),
        (tables.items, {}, []),
    ],
)
def test_an_empty_response_is_told_in_words(show, empty, columns):
    made = show(empty)
    assert frame(made) == (columns, []) and made._repr_html_() == "<p><em>No hay ningún resultado.</em></p>"


def test_moments_are_local_and_shown_to_what_is_known_of_them():
    exact = MOMENT.replace(microsecond=479882)
    made = tables.buckets({"Buckets": [{"Name": "a", "CreationDate": exact}]})
    assert frame(made)[1] == [["a", local(MOMENT)]]
    assert f">{local(MOMENT):%Y-%m-%d %H:%M:%S}</td>" in made._repr_html_()
    made = tables.log_groups({"logGroups": [{"logGroupName": "a", "creationTime": EPOCH_MS}]})
    assert f">{local(at(EPOCH_MS)):%Y-%m-%d %H:%M:%S}.900</td>" in made._repr_html_()


def test_an_item_alone_is_a_table_too():
    assert frame(tables.items({"Item": PIPO})) == (["User", "email", "n"], [["pipo (S)", "p@x (S)", "3 (N)"]])


def test_what_is_missing_is_an_empty_cell():
    html = tables.log_streams(STREAM_LIST)._repr_html_()
    assert html.count('<td style="text-align: left"></td>') == 2


def test_a_part_of_a_table_is_shown_like_the_whole():
    part = tables.buckets(BUCKET_LIST)[["Bucket"]].head(1)
    assert isinstance(part, tables.Table) and frame(part) == (["Bucket"], [["otro"]])


def test_cells_are_aligned_to_the_left():
    html = tables.prefixes(OBJECT_LIST)._repr_html_()
    assert html.count('<th style="text-align: left">') == 1 and html.count('<td style="text-align: left">') == 2


def test_a_table_is_shown_whole_and_without_row_numbers():
    arn = "arn:aws:lambda:us-east-1:000000000000:function:" + "x" * 80
    html = tables.functions(
        {"Functions": [{"FunctionName": "f", "Runtime": "python3.13", "Handler": "f.handler", "FunctionArn": arn}]}
    )._repr_html_()
    assert arn in html and ">0</th>" not in html
    assert "tex2jax_ignore" in html  # a $ is data here, not a formula


def test_fields_reach_inside_mappings():
    event = {"version": "2.0", "requestContext": {"http": {"method": "POST"}}, "a.b": 1, "vacío": None}
    table = tables.fields(event, "version", "requestContext.http.method", "a.b", "no.está", "vacío")
    assert table["Valor"].tolist() == ["2.0", "POST", "1", "", ""]
    assert table["Tipo"].tolist() == ["str", "str", "int", "", ""]
    assert tables.fields({"x": 1}).values.tolist() == [["x", "1", "int"]]


def test_log_events_keep_their_order_and_their_lines():
    responses = [{"events": [{"timestamp": 2, "message": "[ERROR] x\rTraceback\n"}]}, {"events": []}]
    assert tables.log_events(responses)["Mensaje"].tolist() == ["[ERROR] x\nTraceback"]


def test_log_events_say_their_request_and_level():
    def event(stream, message):
        return {"timestamp": 1, "logStreamName": stream, "message": message}

    events = [
        event("a", "START RequestId: caa2c87e-0248-41bf-b95e-afb91d436efa Version: $LATEST\n"),
        event("b", "START RequestId: id-b Version: $LATEST\n"),
        event("a", "[INFO]\t2026\tid-a\thola"),
        event("b", "[ERROR] ZeroDivisionError"),
        event("b", "[1, 2]"),
        event("c", "sin petición"),
    ]
    table = tables.log_events([{"events": events}])
    assert table["Petición"].tolist() == ["caa2c87e", "id-b", "caa2c87e", "id-b", "id-b", ""]
    assert table["Nivel"].tolist() == ["", "", "INFO", "ERROR", "", ""]
    without = tables.log_events([{"events": events[:2], "nextToken": "x"}])
    assert list(without) == ["Hora", "Petición", "Mensaje"] and "tiene más" in without._repr_html_()


def test_streams_without_events_have_empty_times():
    table = tables.log_streams({"logStreams": [{"logStreamName": "s"}]})
    assert table["Primer evento"].isna().all()


def test_line_ends_and_tabs_of_a_text_are_shown_and_not_written():
    html = tables.table([("a\n  b\tc<d>", 1)], columns=["Mensaje", "Número"])._repr_html_()
    assert "a<br>&nbsp;&nbsp;b&nbsp;&nbsp;c&lt;d&gt;</td>" in html and ">1</td>" in html
    moments = tables.log_streams(
        {"logStreams": [{"logStreamName": "s"}, {"logStreamName": "t", "firstEventTimestamp": 0}]}
    )
    assert "NaT" not in moments._repr_html_() and "1970" in moments._repr_html_()


@pytest.mark.parametrize(
    ("show", "page", "token"),
    [
        (tables.items, {"Items": [], "LastEvaluatedKey": {"User": {"S": "x"}}}, "LastEvaluatedKey"),
        (tables.objects, {"Contents": [], "NextContinuationToken": "x"}, "NextContinuationToken"),
        (tables.functions, {"Functions": [], "NextMarker": "x"}, "NextMarker"),
        (tables.rest_apis, {"items": [], "position": "x"}, "position"),
        (tables.log_groups, {"logGroups": [], "nextToken": "x"}, "nextToken"),
        (tables.log_streams, {"logStreams": [], "nextToken": "x"}, "nextToken"),
        (tables.buckets, {"Buckets": [], "ContinuationToken": "x"}, "ContinuationToken"),
        (tables.prefixes, {"CommonPrefixes": [], "NextContinuationToken": "x"}, "NextContinuationToken"),
        (tables.routes, {"items": [], "position": "x"}, "position"),
        (tables.deployments, {"items": [], "position": "x"}, "position"),
    ],
)
def test_one_page_of_several_says_that_there_is_more(show, page, token):
    assert f"AWS tiene más</strong> (ha enviado <code>{token}</code>)" in show(page)._repr_html_()
    whole = {name: value for name, value in page.items() if name != token}
    assert "tiene más" not in show(whole)._repr_html_()


def test_of_several_pages_of_events_the_last_says_whether_there_is_more():
    first = {"events": [{"timestamp": 2, "message": "uno"}], "nextToken": "x"}
    last = {"events": [{"timestamp": 3, "message": "dos"}]}
    assert "tiene más" in tables.log_events([first])._repr_html_()
    assert "tiene más" not in tables.log_events([first, last])._repr_html_()
    assert tables.log_events([first, last])["Mensaje"].tolist() == ["uno", "dos"]


def test_where_there_is_no_journal_the_table_says_why():
    calls = Calls()
    assert tables.calls(calls)._repr_html_() == "<p><em>No hay ningún resultado.</em></p>"
    calls.why_empty = "No se sabe <qué>."
    assert tables.calls(calls)._repr_html_() == "<p><em>No se sabe &lt;qué&gt;.</em></p>"
