"""Errors as a student sees them: real cells in a real kernel against a real LocalStack, each with its exact text."""

import re
import shutil
import textwrap

import pytest

from helpers.session.cell_errors import WIDTH
from helpers.workbook import INSTALLATION
from tests.conftest import running_kernel

FIRST = 'la primera celda, lab.open("lambda")'
ABOVE = "(menú Run > Run All Above Selected Cell)"
END = "El error completo: lab.traceback()"


@pytest.fixture
def section(cloud, kernel):
    """A notebook whose first cell has opened section 4."""
    kernel.ok(
        """
        import boto3, json, os, requests
        from helpers import lab
        from helpers.practice import checkpoints
        lab.open("lambda")
        s3, aws_lambda, logs = boto3.client("s3"), boto3.client("lambda"), boto3.client("logs")
        apigateway, dynamodb = boto3.client("apigateway"), boto3.client("dynamodb")
        """
    )
    return kernel


def shown(paragraph, line, details=(), number=1):
    """Return the whole text that a cell shows."""
    wrapped = textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join([*wrapped, *details, f"Línea {number}: {line}", END])


MISSING = f"Revisa el nombre; si está bien, falta ejecutar una celda anterior: ejecuta {FIRST}, y después las demás "
MISSING += f"hasta esta {ABOVE}."
AGAIN = f"jecuta {FIRST}, y después las demás hasta esta {ABOVE}."
CASES = {
    's3.list_objects_v2(Bucket="otro")': ("NoSuchBucket", f"NoSuchBucket: No existe el bucket «otro». {MISSING}"),
    's3.upload_file("README.md", "otro", "x")': (
        "S3UploadFailedError",
        f"S3UploadFailedError: No existe el bucket «otro». {MISSING}",
    ),
    's3.get_object(Bucket="si1p1", Key="nada")': ("NoSuchKey", f"NoSuchKey: No existe el objeto «nada». {MISSING}"),
    's3.download_file("si1p1", "nada", "build/nada")': (
        "ClientError",
        f"ClientError: No existe ese objeto, o no existe su bucket. {MISSING}",
    ),
    'aws_lambda.invoke(FunctionName="nada")': (
        "ResourceNotFoundException",
        "ResourceNotFoundException: AWS no encuentra lo que se le pide (Function not found: "
        f"arn:aws:lambda:us-east-1:000000000000:function:nada:$LATEST). {MISSING}",
    ),
    'aws_lambda.get_waiter("function_active_v2").wait(FunctionName="nada")': (
        "WaiterError",
        "WaiterError: AWS no encuentra lo que se le pide (Function not found: "
        f"arn:aws:lambda:us-east-1:000000000000:function:nada). {MISSING}",
    ),
    'dynamodb.describe_table(TableName="nada")': (
        "ResourceNotFoundException",
        "ResourceNotFoundException: AWS no encuentra lo que se le pide (Requested resource not found: Table: nada not "
        f"found). {MISSING}",
    ),
    'apigateway.get_resources(restApiId="abcdefghij")': (
        "NotFoundException",
        f"NotFoundException: AWS no encuentra lo que se le pide (Invalid Rest API Id specified). {MISSING}",
    ),
    'logs.describe_log_streams(logGroupName="/aws/lambda/nada")': (
        "ResourceNotFoundException",
        "ResourceNotFoundException: Ese grupo de registro no existe. Lambda lo crea la primera vez que la función se "
        "ejecuta: llama a la función y repite esta celda, o revisa el nombre, que es /aws/lambda/ y el de la función.",
    ),
    'json.loads("hola")': (
        "JSONDecodeError",
        "JSONDecodeError: Se esperaba JSON y se ha encontrado «hola» (línea 1, columna 1). Si es la respuesta a una "
        "petición, mira antes respuesta.status_code y respuesta.text; si lo has escrito tú, los nombres y los textos "
        'van entre comillas dobles, como {"email": "pipo@ss.com"}. Corrígelo y repite esta celda.',
    ),
    "print(endpoint)": (
        "NameError",
        "NameError: Nadie ha definido el nombre «endpoint»: falta ejecutar una celda anterior (menú Run > Run All "
        "Above Selected Cell), o está mal escrito. Después, repite esta celda.",
    ),
    'open("build/nada.zip", "rb").read()': (
        "FileNotFoundError",
        "FileNotFoundError: No existe el archivo «build/nada.zip». Revisa el nombre; si está bien, falta la celda que "
        f"lo escribe, o ha fallado. E{AGAIN}",
    ),
    's3.list_buckets()["Owner"]; assert 1 == 2': (
        "AssertionError",
        "AssertionError: La comprobación de esta celda no se cumple. Si no la has cambiado, lo más frecuente es que "
        f"una celda anterior no se haya ejecutado, o lo haya hecho dos veces. E{AGAIN}",
    ),
}


def test_one_paragraph_says_what_was_found_and_what_to_run(section):
    for cell, (name, paragraph) in CASES.items():
        ename, evalue, text = section.error(cell)
        assert ename == name and evalue != text
        assert text == shown(paragraph, cell)


def test_an_answer_that_is_not_json(section, cloud):
    _, _, text = section.error(f'requests.get("{cloud.url}/_localstack/init/nada", timeout=5).json()')
    assert "se ha encontrado «no such stage nada» (línea 1, columna 1). Si es la" in text
    _, _, text = section.error('json.loads("")')
    assert text.startswith("JSONDecodeError: Se esperaba JSON y se ha encontrado un texto vacío. Si es la respuesta")
    _, _, text = section.error("json.loads('x' * 100)")
    assert f"«{'x' * 60}…»" in text


EXISTING = (
    "Seguramente esta celda ya se ha ejecutado: sigue con la siguiente. Para volver a empezar la sección, ejecuta "
    f"{FIRST}."
)


def test_what_already_exists(section):
    section.ok('checkpoints._create_function("user_lambda"); checkpoints._wait_until_active("user_lambda", None)')
    section.ok('aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")')
    cell = 'aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")'
    ename, _, text = section.error(cell)
    assert ename == "ResourceConflictException"
    said = (
        "Failed to create function url config for [functionArn = arn:aws:lambda:us-east-1:000000000000:function:"
        "user_lambda]. Error message: FunctionUrlConfig exists for this Lambda function"
    )
    paragraph = f"{ename}: Ya existe, y AWS no lo crea otra vez ({said}). {EXISTING}"
    assert text == shown(paragraph, cell)
    table = """dynamodb.create_table(
        TableName="si1p1", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}])"""
    section.ok(table)
    ename, _, text = section.error(table)
    paragraph = f"{ename}: Ya existe, y AWS no lo crea otra vez (Table already exists: si1p1). {EXISTING}"
    assert text == shown(paragraph, "dynamodb.create_table(")
    _, _, text = section.error('checkpoints._create_function("user_lambda")')
    advice = (
        "si el código es el mismo, sigue con la siguiente; si lo has cambiado, borra antes la función, con "
        "aws_lambda.delete_function(FunctionName=…), y repite esta celda. Para volver a empezar"
    )
    assert f"esta celda ya se ha ejecutado: {advice}" in " ".join(text.split())


def test_a_function_that_is_not_ready(section):
    section.ok(
        """
        import io, zipfile
        ARCHIVE = checkpoints.zip_handler("user_lambda")
        """
    )
    # Both calls in one cell: a moment later it is active.
    _, _, text = section.error(
        """\
        aws_lambda.create_function(FunctionName="user_lambda", Runtime="python3.13", Handler="user_lambda.handler",
                                   Role=checkpoints.ROLE, Code={"ZipFile": ARCHIVE})
        aws_lambda.invoke(FunctionName="user_lambda")"""
    )
    paragraph = (
        "ResourceConflictException: La función todavía se está preparando (Pending). Espera a que esté activa, con "
        'aws_lambda.get_waiter("function_active_v2").wait(FunctionName=…), y repite esta celda.'
    )
    assert text == shown(paragraph, 'aws_lambda.invoke(FunctionName="user_lambda")', number=3)


CREATE = """
import io, zipfile
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as zipped:
    zipped.writestr("user_lambda.py", {source!r})
aws_lambda.create_function(FunctionName="user_lambda", Runtime="python3.13", Handler="user_lambda.handler",
                           Role=checkpoints.ROLE, Code={{"ZipFile": archive.getvalue()}}, Timeout=1)
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="user_lambda")
"""
CALL = """respuesta = aws_lambda.invoke(FunctionName="user_lambda")
assert json.load(respuesta["Payload"])["status"] == "OK\""""


def test_a_function_that_failed(section):
    section.ok(CREATE.format(source="def handler(event, context):\n    print('hola')\n    return 1 / 0\n"))
    ename, _, text = section.error(CALL)
    assert ename == "KeyError"
    paragraph = (
        "KeyError: La función «user_lambda» ha fallado: ZeroDivisionError: division by zero. Corrige su código, en "
        f"handlers/user_lambda.py. Para usarlo, e{AGAIN} Lo último de su registro:"
    )
    details = [
        "    Traceback (most recent call last):",
        '      File "user_lambda.py", line 3, in handler',
        "        return 1 / 0",
        "               ~~^~~",
    ]
    assert text == shown(paragraph, CALL.splitlines()[1], details, number=2)


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_a_function_in_javascript_that_failed(section):
    create = (
        CREATE.replace("python3.13", "nodejs22.x").replace("user_lambda", "saluda").replace("saluda.py", "saluda.js")
    )
    section.ok(create.format(source="exports.handler = async (event) => event.nada.nada;"))
    _, _, text = section.error(CALL.replace("user_lambda", "saluda"))
    said = "La función «saluda» ha fallado: TypeError: Cannot read properties of undefined (reading 'nada'). Corrige su"
    assert f"{said} código, en handlers/saluda.js. Para usarlo, e{AGAIN}" in " ".join(text.split())


def test_a_function_that_failed_and_has_no_file(section):
    of_the_student = CREATE.replace('FunctionName="user_lambda"', 'FunctionName="otra"')
    section.ok(of_the_student.format(source="def handler(event, context):\n    return 1 / 0\n"))
    _, _, text = section.error(CALL.replace("user_lambda", "otra"))
    section.ok('aws_lambda.delete_function(FunctionName="otra")')
    advice = "Corrige su código, bórrala con aws_lambda.delete_function(FunctionName=…) y ejecuta otra vez las celdas"
    assert advice in " ".join(text.split())


def test_a_function_that_misses_its_bucket(section):
    source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').get_object(Bucket='no', Key='x')\n"
    section.ok(CREATE.format(source=source))
    ename, _, text = section.error(CALL)
    paragraph = (
        f"{ename}: La función «user_lambda» no encuentra en la nube lo que usa: NoSuchBucket: An error occurred "
        "(NoSuchBucket) when calling the GetObject operation: The specified bucket does not exist. "
        f"E{AGAIN}"
    )
    assert text == shown(paragraph, CALL.splitlines()[1], number=2)


def test_a_function_that_took_too_long(section):
    section.ok(
        CREATE.format(source="import time\ndef handler(event, context):\n    print('hola')\n    time.sleep(9)\n")
    )
    ename, _, text = section.error(CALL)
    assert ename == "KeyError"
    text = re.sub(r"20\S+Z [0-9a-f-]{36} Task", "HORA ID Task", text)
    paragraph = (
        "KeyError: La función «user_lambda» no ha terminado en el tiempo que tiene, 1 s, y Lambda la ha parado. Busca "
        "en su código qué la hace esperar, o dale más con aws_lambda.update_function_configuration("
        'FunctionName="user_lambda", Timeout=30), y repite esta celda. Lo último de su registro:'
    )
    details = ["    hola", "    HORA ID Task timed out after 1.00 seconds"]
    assert text == shown(paragraph, CALL.splitlines()[1], details, number=2)


def test_a_failure_before_the_cell_explains_nothing(section):
    section.ok(CREATE.format(source="def handler(event, context):\n    return 1 / 0\n"))
    section.ok('aws_lambda.invoke(FunctionName="user_lambda"); import time; time.sleep(0.5)')
    _, _, text = section.error("int('x')")
    assert "user_lambda" not in text and "Traceback (most recent call last)" in text
    assert "user_lambda" not in section.error("assert 1 == 2")[2]


def test_localstack_down_and_then_restarted(section, cloud):
    cell = "s3.list_buckets()"
    cloud.stop()
    ename, evalue, text = section.error(cell)
    assert (ename, evalue) == (
        "EndpointConnectionError",
        f'Could not connect to the endpoint URL: "{cloud.url}/"',
    )
    down = f"LocalStack está parado: en {cloud.url} no responde nadie. Ejecuta {FIRST}, que lo arranca y deja la nube "
    down += "al principio de la sección, y sigue desde ahí."
    assert text == shown(f"EndpointConnectionError: {down}", cell)
    by_http = 'requests.get(os.environ["AWS_ENDPOINT_URL"], timeout=5)'
    assert section.error(by_http)[2] == shown(f"ConnectionError: {down}", by_http)
    cloud.start()
    cell = 's3.list_objects_v2(Bucket="si1p1")'
    restarted = (
        "NoSuchBucket: LocalStack se ha reiniciado desde que se abrió la sección: lo que había en la nube ya no está, "
        f"y los identificadores guardados en variables no sirven. Ejecuta {FIRST}, y después las demás hasta esta "
        f"{ABOVE}. AWS ha respondido: The specified bucket does not exist."
    )
    assert section.error(cell)[2] == shown(restarted, cell)
    section.ok('lab.open("lambda")')
    section.ok(cell)


def test_an_address_where_nobody_is(section, cloud, port):
    rest = (
        f"LocalStack está en {cloud.url}: revisa la dirección y repite esta celda. A una URL de función, que acaba en "
        ".localhost, se llama desde Python enviando la petición a LocalStack, con el nombre en la cabecera Host "
        "(sección 4)."
    )
    for cell, name in {
        f'requests.get("http://localhost:{port}/user", timeout=5)': "ConnectionError",
        f'boto3.client("s3", endpoint_url="http://localhost:{port}").list_buckets()': "EndpointConnectionError",
    }.items():
        paragraph = f"{name}: No se ha podido conectar con http://localhost:{port}. {rest}"
        assert section.error(cell)[2] == shown(paragraph, cell)


def test_somebody_elses_localstack_that_ended(section, cloud, port):
    url = f"http://localhost:{port}"
    section.ok(f'os.environ["AWS_ENDPOINT_URL"] = "{url}"')
    try:
        cell = 'boto3.client("s3").list_buckets()'
        paragraph = (
            f"EndpointConnectionError: En {url}, la dirección de AWS_ENDPOINT_URL, no responde ningún LocalStack. "
            f"Arráncalo allí y ejecuta {FIRST}. Para usar el de este cuaderno, borra esa variable y vuelve a abrirlo "
            "con «si1p1 lab»."
        )
        assert section.error(cell)[2] == shown(paragraph, cell)
    finally:
        section.ok(f'os.environ["AWS_ENDPOINT_URL"] = "{cloud.url}"')


def test_unknown_errors_are_as_ever(section):
    for cell, name in {
        "1 / 0": "ZeroDivisionError",
        "s3.put_object()": "ParamValidationError",
    }.items():
        ename, _, text = section.error(cell)
        assert ename == name and "Traceback (most recent call last)" in text and END not in text
    assert section.error("def f(:")[0] == "SyntaxError"
    assert section.error('lab.open("s4")')[2].startswith("CheckpointError: No hay ninguna sección «s4»")
    refused = 'dynamodb.create_table(TableName="x", AttributeDefinitions=[], KeySchema=[])'
    assert "Traceback" in section.error(refused)[2]


def test_the_whole_traceback_is_one_call_away(section):
    section.error('s3.list_objects_v2(Bucket="otro")')
    ((_, content),) = [one for one in section.ok("lab.traceback()") if one[0] == "stream"]
    assert "Traceback (most recent call last)" in content["text"] and "botocore/client.py" in content["text"]
    assert 'list_objects_v2(Bucket="otro")' in re.sub(r"\x1b\[[0-9;]*m", "", content["text"])


def test_an_error_under_comandos_is_shown_once(section):
    for cell in ('s3.list_objects_v2(Bucket="otro")', "1 / 0", "def f(:", "raise KeyboardInterrupt"):
        section.error(f"%%comandos\n{cell}")
        section.error(f"%%comandos\n{cell}")  # and again the next time
        section.ok("1")


def test_what_looks_for_the_reason_is_not_listed_among_the_commands(section):
    section.ok(CREATE.format(source="def handler(event, context):\n    return 1 / 0\n"))
    _, outputs = section.run(f"%%comandos\n{CALL}")
    (listed,) = [content["data"]["text/markdown"] for kind, content in outputs if kind == "display_data"]
    assert listed.count("awslocal") == 1 and "awslocal lambda invoke" in listed


def test_an_error_raised_again_in_a_later_cell_is_shown_again(section):
    section.ok("try:\n    1 / 0\nexcept ZeroDivisionError as caught:\n    kept = caught")
    assert section.error("raise kept")[0] == section.error("raise kept")[0] == "ZeroDivisionError"


def test_the_errors_before_the_first_cell_are_the_ones_that_the_readme_names():
    readme = (INSTALLATION / "README.md").read_text("utf-8")
    assert "`NameError` y `Cell magic %%comandos not found` quieren decir que falta" in readme
    with running_kernel() as fresh:
        assert fresh.error("s3.list_buckets()")[0] == "NameError"
        _, outputs = fresh.run("%%comandos\nls")
    assert "Cell magic `%%comandos` not found" in str(outputs)
