"""Errors as a student sees them: real cells in a real kernel against a real LocalStack, each with its exact text."""

import re
import shutil
import textwrap

import pytest

from helpers.session.cell_errors import WIDTH
from helpers.workbook import INSTALLATION
from tests.conftest import running_kernel

FIRST = 'la primera celda, lab.open("lambda")'
ABOVE = "(menú Run > Ejecutar todo por encima de la celda seleccionada)"
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
AWS_SAID = "AWS ha respondido"
NOT_FOUND = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nada"
# cell -> (name of the error, its paragraph, AWS's words)
CASES = {
    's3.list_objects_v2(Bucket="otro")': (
        "NoSuchBucket",
        f"No existe el bucket «otro». {MISSING}",
        f"{AWS_SAID} a ListObjectsV2: NoSuchBucket: The specified bucket does not exist",
    ),
    's3.upload_file("README.md", "otro", "x")': (
        "S3UploadFailedError",
        f"No existe el bucket «otro». {MISSING}",
        f"{AWS_SAID} a PutObject: NoSuchBucket: The specified bucket does not exist",
    ),
    's3.get_object(Bucket="si1p1", Key="nada")': (
        "NoSuchKey",
        f"No existe el objeto «nada». {MISSING}",
        f"{AWS_SAID} a GetObject: NoSuchKey: The specified key does not exist.",
    ),
    's3.download_file("si1p1", "nada", "build/nada")': (
        "ClientError",
        f"No existe ese objeto, o no existe su bucket. {MISSING}",
        f"{AWS_SAID} a HeadObject: 404: Not Found",
    ),
    'aws_lambda.invoke(FunctionName="nada")': (
        "ResourceNotFoundException",
        f"No existe la función «nada». {MISSING}",
        f"{AWS_SAID} a Invoke: ResourceNotFoundException: {NOT_FOUND}:$LATEST",
    ),
    'aws_lambda.get_waiter("function_active_v2").wait(FunctionName="nada")': (
        "WaiterError",
        f"No existe la función «nada». {MISSING}",
        f"{AWS_SAID}: ResourceNotFoundException: {NOT_FOUND}",
    ),
    'dynamodb.describe_table(TableName="nada")': (
        "ResourceNotFoundException",
        f"No existe la tabla «nada». {MISSING}",
        f"{AWS_SAID} a DescribeTable: ResourceNotFoundException: Requested resource not found: Table: nada not found",
    ),
    'apigateway.delete_rest_api(restApiId="abcdefghij")': (
        "NotFoundException",
        "No hay nada que borrar: ese API ya no existe. Seguramente esta celda ya se ha ejecutado: sigue con la "
        "siguiente; si no, revisa el id.",
        f"{AWS_SAID} a DeleteRestApi: NotFoundException: Invalid API identifier specified 000000000000:abcdefghij",
    ),
    'apigateway.get_resources(restApiId="abcdefghij")': (
        "NotFoundException",
        "No existe ningún API con ese id. Si el API se ha borrado o se ha creado otra vez, la variable guarda el id de "
        "antes: ejecuta otra vez la celda que le da valor, y repite esta celda.",
        f"{AWS_SAID} a GetResources: NotFoundException: Invalid Rest API Id specified",
    ),
    's3.put_object(Bucket="si1p1")': (
        "ParamValidationError",
        "Falta el parámetro «Key», que es obligatorio. Corrígelo y repite esta celda.",
        'boto3 dice: Parameter validation failed: Missing required parameter in input: "Key"',
    ),
    "aws_lambda.create_funtion()": (
        "AttributeError",
        "El cliente de boto3 para lambda no tiene ningún método «create_funtion»: ¿quizá «create_function»? Corrige el "
        "nombre y repite esta celda.",
    ),
    'logs.describe_log_streams(logGroupName="/aws/lambda/nada")': (
        "ResourceNotFoundException",
        "Ese grupo de registro no existe. Lambda lo crea la primera vez que la función se ejecuta: llama a la "
        "función y "
        "repite esta celda, o revisa el nombre, que es /aws/lambda/ y el de la función.",
        f"{AWS_SAID} a DescribeLogStreams: ResourceNotFoundException: The specified log group does not exist.",
    ),
    'json.loads("hola")': (
        "JSONDecodeError",
        "Se esperaba JSON y se ha encontrado «hola» (línea 1, columna 1). Si es la respuesta a una "
        "petición, mira antes respuesta.status_code y respuesta.text; si lo has escrito tú, los nombres y los textos "
        'van entre comillas dobles, como {"email": "pipo@ss.com"}. Corrígelo y repite esta celda.',
    ),
    "print(endpoint)": (
        "NameError",
        "Nadie ha definido el nombre «endpoint»: falta ejecutar una celda anterior (menú Run > Ejecutar todo "
        "por encima de la celda seleccionada), o está mal escrito. Después, repite esta celda.",
    ),
    'open("build/nada.zip", "rb").read()': (
        "FileNotFoundError",
        "No existe el archivo «build/nada.zip». Revisa el nombre; si está bien, falta la celda que "
        f"lo escribe, o ha fallado. E{AGAIN}",
    ),
    's3.list_buckets()["Owner"]; assert 1 == 2': (
        "AssertionError",
        "La comprobación de esta celda no se cumple. Si no la has cambiado, lo más frecuente es que "
        f"una celda anterior no se haya ejecutado, o lo haya hecho dos veces. E{AGAIN}",
    ),
}


def test_one_paragraph_says_what_was_found_and_what_to_run(section):
    for cell, (name, paragraph, *words) in CASES.items():
        ename, evalue, text = section.error(cell)
        assert ename == name and evalue != text
        assert text == shown(f"{name}: {paragraph}", cell, words)


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
        "user_lambda]. Error message:  FunctionUrlConfig exists for this Lambda function"
    )
    paragraph = f"{ename}: Ya existe, y AWS no lo crea otra vez. {EXISTING}"
    assert text == shown(paragraph, cell, [f"{AWS_SAID} a CreateFunctionUrlConfig: {ename}: {said}"])
    table = """dynamodb.create_table(
        TableName="si1p1", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}])"""
    section.ok(table)
    ename, _, text = section.error(table)
    paragraph = f"{ename}: Ya existe, y AWS no lo crea otra vez. {EXISTING}"
    words = f"{AWS_SAID} a CreateTable: {ename}: Table already exists: si1p1"
    assert text == shown(paragraph, "dynamodb.create_table(", [words])
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
    # It may be active before the second call is sent: then once more.
    _, _, text = section.error(
        """\
        for _ in range(50):
            aws_lambda.create_function(FunctionName="user_lambda", Runtime="python3.13", Handler="user_lambda.handler",
                                       Role=checkpoints.ROLE, Code={"ZipFile": ARCHIVE})
            aws_lambda.invoke(FunctionName="user_lambda")
            aws_lambda.delete_function(FunctionName="user_lambda")"""
    )
    paragraph = (
        "ResourceConflictException: La función todavía se está preparando (Pending). Espera a que esté activa, con "
        'aws_lambda.get_waiter("function_active_v2").wait(FunctionName=…), y repite esta celda.'
    )
    words = (
        f"{AWS_SAID} a Invoke: ResourceConflictException: The operation cannot be performed at this time. The function "
        "is currently in the following state: Pending"
    )
    assert text == shown(paragraph, 'aws_lambda.invoke(FunctionName="user_lambda")', [words], number=4)


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
        "    [ERROR] ZeroDivisionError: division by zero",
        "    Traceback (most recent call last):",
        '    \xa0\xa0File "user_lambda.py", line 3, in handler',
        "    \xa0\xa0\xa0\xa0return 1 / 0",
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
        f"E{AGAIN} Lo último de su registro:"
    )
    wrapped = shown(paragraph, "").partition("\nLínea")[0]
    assert text.startswith(wrapped) and "botocore/" not in text


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
        f"{ABOVE}."
    )
    words = f"{AWS_SAID} a ListObjectsV2: NoSuchBucket: The specified bucket does not exist"
    assert section.error(cell)[2] == shown(restarted, cell, [words])
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
    ename, _, text = section.error("1 / 0")
    assert ename == "ZeroDivisionError" and "Traceback (most recent call last)" in text and END not in text
    ename, _, text = section.error("def f(:")
    assert ename == "SyntaxError" and "def f(:" in text and "interactiveshell.py" not in text
    assert section.error('lab.open("s4")')[2].startswith("CheckpointError: No hay ninguna sección «s4»")


@pytest.mark.parametrize(
    "line",
    [
        "awslocal s3 ls",
        "$> awslocal s3 ls",
        "curl -X POST $ENDPOINT",
        "API_ID=$(awslocal apigateway get-rest-apis)",
        "awslocal --version",
        "%%comandos\nawslocal s3 ls",
    ],
)
def test_a_line_of_the_terminal_without_its_mark(section, line):
    shown = " ".join(section.error(line)[2].split())
    assert "es una orden del terminal, y una celda es de Python. Escribe ! delante de la orden" in shown
    assert "interactiveshell.py" not in shown


RETURN = """
import json
def handler(event, context):
    said = json.loads(event["body"])
    print("recibido", said)
    if said == "raise":
        raise ValueError("no me gusta")
    return said
"""
AN_API = """
api = apigateway.create_rest_api(name="user_lambda")
names = dict(restApiId=api["id"], resourceId=api["rootResourceId"], httpMethod="POST")
apigateway.put_method(**names, authorizationType="NONE")
apigateway.put_integration(**names, type="AWS_PROXY", integrationHttpMethod="POST",
                           uri=checkpoints.invocation_uri("user_lambda"))
apigateway.create_deployment(restApiId=api["id"], stageName="dev")
endpoint = f'{os.environ["AWS_ENDPOINT_URL"]}/_aws/execute-api/{api["id"]}/dev/'
"""
FAILED = "La función «user_lambda» ha fallado: ValueError: no me gusta. Corrige su código, en handlers/user_lambda.py."
BY = {
    "requests": "requests.post(endpoint, json='raise', timeout=30)",
    "curl": """!curl -s {endpoint} -d '"raise"'""",
    "urllib": "import urllib.request\ntry:\n    urllib.request.urlopen(endpoint, b'\"raise\"')\nexcept "
    "OSError:\n    pass",
    "comandos": "%%comandos\nrequests.post(endpoint, json='raise', timeout=30)",
}


def notes(outputs):
    """Return the workbook's notes among the outputs of a cell."""
    shown = [content["data"] for kind, content in outputs if kind == "display_data"]
    return [data["text/plain"] for data in shown if 'class="explained"' in data.get("text/html", "")]


def test_a_request_that_gets_a_5xx_is_explained_under_its_cell_and_no_other(section):
    section.ok(CREATE.format(source=RETURN))
    section.ok(AN_API)
    for cell in BY.values():
        (text,) = notes(section.ok(cell))
        paragraph, *lines = text.split("\n")
        assert paragraph.startswith(FAILED) and paragraph.endswith("Lo último de su registro:")
        assert lines[-1].strip() == 'raise ValueError("no me gusta")'
    for fine in ("{'statusCode': 400, 'body': 'no'}", "{'statusCode': 200, 'body': 'sí'}"):
        assert notes(section.ok(f"requests.post(endpoint, json={fine}, timeout=30)")) == []
    assert notes(section.ok("1")) == []
    (text,) = notes(section.ok("requests.post(endpoint, json={'status': 'OK'}, timeout=30)"))
    assert text.startswith('La función «user_lambda» ha devuelto {"status": "OK"}, que no es una respuesta para API')
    (text,) = notes(section.ok("requests.get(endpoint + 'nada', timeout=30)"))
    assert text.startswith("En la etapa «dev» del API no hay ningún método para «GET /nada». ")
    # The error of the cell tells it, and then nothing else does.
    reply, outputs = section.run("requests.post(endpoint, json='raise', timeout=30).json()['status']")
    assert reply["ename"] == "KeyError" and notes(outputs) == []
    assert "ValueError: no me gusta" in str([content for kind, content in outputs if kind == "error"])
    section.ok("apigateway.delete_rest_api(restApiId=api['id'])")


LINES = {
    """!curl -s {endpoint}/pepe -d '{"username": "tete"}'""": "La orden ha recibido «{endpoint}» tal cual, y no "
    "su valor:",
    "!curl -s {direccion}/pepe": "Nadie ha definido el nombre «direccion», que esta línea usa entre llaves:",
    "!awslocl s3 ls": "No se encuentra la orden «awslocl»: ¿quizá «awslocal»? Corrígelo y repite esta celda.",
    "!awslocal s3 lst": "«awslocal» no conoce «lst»: ¿quizá «ls»? Corrígelo y repite esta celda.",
    "%%comandos\n!awslocal s3 ls s3://otro": "No existe el bucket «otro». ",
    "x = !awslocal s3 ls s3://otro": "No existe el bucket «otro». ",
    "%sx awslocl s3 ls": "No se encuentra la orden «awslocl»: ¿quizá «awslocal»? Corrígelo y repite esta celda.",
}


def test_a_line_of_the_terminal_that_failed_is_explained_under_its_output(section):
    section.ok("endpoint = os.environ['AWS_ENDPOINT_URL']")
    for cell, sentence in LINES.items():
        (text,) = notes(section.ok(cell))
        assert text.startswith(sentence)
    for fine in ("!echo {endpoint}", "!ls nada", "x = !ls nada", "def f(uno):\n    !echo {uno}\nf('dos')"):
        assert notes(section.ok(fine)) == []
    shown = section.ok("def f(uno):\n    !echo {uno} {{dos}}\nf('tres')")
    assert "tres {dos}" in "".join(content.get("text", "") for _, content in shown)
    section.ok("!exit 3")
    section.ok("assert _exit_code == 3")
    section.ok("def f(uno):\n    x = !echo {uno}; echo dos >&2\n    return x\nassert f('tres') == ['tres', 'dos']")
    section.ok("x = get_ipython().getoutput('echo 1', split=False)\nassert x == '1\\n'")
    assert section.error("x = !sleep 1 &")[0] == section.error("!sleep 1 &")[0] == "OSError"


# A cell of the shell's, and how its explanation begins.
SHELL_CELLS = {
    "%%bash\nawslocl s3 ls": "No se encuentra la orden «awslocl»: ¿quizá «awslocal»? Corrígelo y repite esta celda.",
    "%%sh\nawslocal s3 ls s3://otro": "No existe el bucket «otro». ",
    "%%script bash\nls nada": "La celda ha terminado con el código 2, que no es 0: una orden ha fallado, y lo que dice "
    "está encima. Corrígelo y repite esta celda.",
    "%%bash\ncurl -s {endpoint}/pepe": "La orden ha recibido «{endpoint}» tal cual: en una celda %%bash las llaves no ",
    "%%bash\nkill -INT $$": "La celda se ha interrumpido antes de terminar. ",
}


def test_a_cell_of_the_shells_that_failed_is_explained_under_its_output(section):
    for cell, sentence in SHELL_CELLS.items():
        name, _, text = section.error(cell)
        assert name == "CalledProcessError"
        assert " ".join(text.split()).startswith(f"CalledProcessError: {sentence}") and "get_ipython" not in text
    outputs = section.ok("%%bash --no-raise-error\necho uno; echo dos >&2; exit 3")
    said = {content["name"]: content["text"] for kind, content in outputs if kind == "stream"}
    assert said == {"stdout": "uno\n", "stderr": "dos\n"}
    section.ok("%%bash --out x\necho uno")
    section.ok("assert x == 'uno\\n'")


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
