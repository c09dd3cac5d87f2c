"""Section 5's checks: nothing done, done in each right way, and each typical mistake told by its own words."""

import io
import random
import zipfile
from types import SimpleNamespace

import boto3
import pytest
import requests
from api_work import Work, aws_call, boto3_call, function, logged, read_bucket, whole_cloud
from botocore.exceptions import ClientError
from conftest import free_port

from helpers import lab, practice
from helpers.emulator import process
from helpers.practice import checkpoints
from helpers.practice.checkpoints import BUCKET
from helpers.practice.checks import evidence as evidence_module
from helpers.practice.checks.evidence import OUTSIDE
from helpers.practice.checks.function_copy import USER
from helpers.practice.hints.api_gateway import HINTS
from helpers.practice.questions import QUESTIONS

IDS = [question.id for question in QUESTIONS if question.section == "api_gateway"]
REFUSED = (ClientError, RuntimeError)


@pytest.fixture
def work(cloud):
    lab.open("api_gateway")
    return Work()


def ok(*questions):
    for question in questions:
        verdict = practice.check(question)
        assert verdict.ok is True, verdict
        assert verdict == practice.check(question)
    return verdict


def wrong(question):
    """Return what a check says that is missing, with the cause; it says what to look at, or whose fault it is."""
    verdict = practice.check(question)
    assert verdict.ok is False and (verdict.look_at or verdict.depends_on), verdict
    return verdict.text + (f" ({verdict.depends_on})" if verdict.depends_on else "")


def the_whole_section(work):
    """Do what the solved notebook does; each check is wrong before its question's work, and right after it."""
    steps = {
        "api-1": lambda: work.create(),
        "api-2": lambda: Work(work.call).create(),
        "rutas-1": lambda: work.routes(),
        "rutas-2": lambda: refused(work.resource, "{name}"),
        "rutas-3": lambda: None,
        "metodos-1": lambda: [work.method(method) for method in ("POST", "GET")],
        "metodos-2": lambda: work.on("GetResources", embed=["methods"]),
        "integracion-1": lambda: [work.integrate(method) for method in ("POST", "GET")],
        "integracion-2": lambda: work.on_method("GetIntegration", "GET") and work.on("GetResources", embed=["methods"]),
        "integracion-3": lambda: work.on_method("DeleteIntegration", "GET"),
        "despliegue-1": lambda: [work.deploy(), work.deploy(), work.on("GetStages")],
        "despliegue-2": lambda: work.on("DeleteDeployment", deploymentId=oldest(work)),
        "pruebas-1": lambda: [work.post(), work.call("s3", "ListObjectsV2", Bucket=BUCKET), download(work)],
        "mejora-1": lambda: [function(), work.integrate("POST", "user_lambda_param"), work.deploy(), work.post()],
    }
    assert list(steps) == IDS
    for question, step in steps.items():
        if question != "rutas-3":
            assert wrong(question)
        step()
        ok(question)
        if question == "api-2":
            (more,) = {api["id"] for api in work.gateway("GetRestApis")["items"]} - {work.id}
            work.gateway("DeleteRestApi", restApiId=more)


def oldest(work):
    (stage,) = work.on("GetStages")["item"]
    return next(one["id"] for one in work.on("GetDeployments")["items"] if one["id"] != stage["deploymentId"])


def download(work):
    if work.call is boto3_call:
        read_bucket("users/tete")
    else:
        work.call("s3", "GetObject", Bucket=BUCKET, Key="users/tete", _file="/dev/null")


def refused(call, *given, **named):
    with pytest.raises(REFUSED):
        call(*given, **named)


@pytest.mark.slow
def test_by_boto3_in_any_order_and_nothing_changes(work):
    for question in IDS:
        assert wrong(question).startswith("No hay ningún API «user_lambda» en us-east-1"), question
    the_whole_section(work)
    for name in ("user_lambda", "user_lambda_param"):
        logged(name)
    before = whole_cloud()
    for question in random.sample(IDS, len(IDS)):
        ok(question)
    assert whole_cloud() == before


@pytest.mark.slow
def test_by_the_terminal(work):
    work.call = aws_call
    the_whole_section(work)
    ok(*reversed(IDS))


def test_what_other_sections_prepare_is_not_the_students(cloud):
    lab.open("api_gateway")
    checkpoints.restore("dynamodb")
    for question in IDS:
        assert wrong(question).startswith("El API «user_lambda» que hay no se ha creado en esta sección."), question
    lab.open("api_gateway")
    work = Work()
    work.designed()
    ok("api-1", "rutas-1", "metodos-1")
    lab.open("dynamodb")
    assert wrong("metodos-1").startswith("Después de esta sección se ha abierto «dynamodb»")
    lab.open("api_gateway")
    assert {practice.check(question).ok for question in IDS} == {False}


@pytest.mark.slow
def test_after_a_restart_and_after_a_death_the_work_is_not_there(work, cloud):
    work.designed()
    refused(work.resource, "{name}")
    work.on("GetResources")
    ok("api-1", "rutas-1", "rutas-2", "rutas-3", "metodos-1", "metodos-2")
    lab.restart()
    assert {practice.check(question).ok for question in IDS} == {False}
    cloud._process().kill()
    assert {practice.check(question).ok for question in IDS} == {False}


def test_a_first_api_with_another_name_is_why_there_are_not_two(work):
    work.create("user-lambda")
    Work().create()
    assert wrong("api-2") == "El API «user_lambda» solo se ha creado una vez; antes se creó «user-lambda». (api-1)"


def test_the_api_and_a_second_one(work):
    work.create("user-lambda")
    assert wrong("api-1") == "No hay ningún API «user_lambda» en us-east-1; hay: user-lambda."
    work.on("DeleteRestApi")
    work.create()
    assert ok("api-1").text == f"El API «user_lambda» tiene el identificador {work.id}."
    assert wrong("api-2") == "El API «user_lambda» solo se ha creado una vez."
    work.on("DeleteRestApi")
    assert wrong("api-1") == (
        "No hay ningún API «user_lambda» en us-east-1: se creó, pero se ha borrado o está en otra región."
    )
    first = work.create()
    assert wrong("api-2") == "Cada vez que se ha creado «user_lambda» se había borrado el anterior."
    second = Work()
    second.create()
    both = ok("api-2")
    assert first in both.text and second.id in both.text and both.notes[0].startswith("Antes de seguir")
    work.on("DeleteRestApi")
    ok("api-1", "api-2")
    assert second.id in practice.check("api-1").text
    boto3.client("apigateway", region_name="eu-west-1").create_rest_api(name="user_lambda")
    ok("api-1", "api-2")


def test_an_api_of_another_region(work):
    client = boto3.client("apigateway", region_name="eu-west-1")
    made = client.create_rest_api(name="user_lambda")
    assert wrong("api-1").endswith("se creó, pero se ha borrado o está en otra región.")
    client.delete_rest_api(restApiId=made["id"])


def test_ids_that_are_typed_and_calls_of_other_programs_are_noted(work, monkeypatch):
    work.create()
    work.routes()
    assert practice.check("rutas-1").notes == ()

    cells = ["", f"apigateway.put_method(restApiId='{work.id}', resourceId='{work.route}')"]
    monkeypatch.setattr(evidence_module, "get_ipython", lambda: SimpleNamespace(user_ns={"In": cells}))
    assert list(ok("rutas-1").notes) == [evidence_module.TYPED.format(one) for one in (work.id, work.route)]


@pytest.mark.slow
def test_what_other_programs_do_counts_and_is_noted(work, monkeypatch):
    monkeypatch.setenv("AWS_EXECUTION_ENV", "")
    work.call = aws_call
    work.designed()
    refused(work.resource, "{name}")
    for question in ("api-1", "rutas-1", "rutas-2", "metodos-1"):
        assert OUTSIDE in ok(question).notes


def test_with_two_apis_the_one_under_way_is_looked_at(work):
    work.create()
    work.routes()
    second = Work()
    second.designed()
    verdict = ok("metodos-1")
    assert verdict.notes == (f"Hay 2 API «user_lambda»: se mira el que tiene más rutas y métodos, {second.id}.",)
    work.on("DeleteRestApi")
    assert ok("metodos-1").notes == ()


def test_the_routes(work):
    work.create()
    assert wrong("rutas-1") == "El API no tiene la ruta /user/{username}; tiene /."
    work.user = work.resource("user", work.root)
    for part, parent, advice in (
        ("username", work.user, "Sin llaves"),
        ("{username}", work.root, "{username} cuelga de la raíz"),
        ("{user}", work.user, "El parámetro tiene que llamarse `username`"),
    ):
        made = work.resource(part, parent)
        assert practice.check("rutas-1").look_at.startswith(advice)
        assert wrong("rutas-2").endswith("(rutas-1)") and wrong("rutas-3").endswith("(rutas-1)")
        work.on("DeleteResource", resourceId=made)
    work.route = work.resource("{username}")
    assert ok("rutas-1").text == f"/user/{{username}} tiene el identificador {work.route}, y cuelga de {work.user}."
    assert wrong("rutas-2") == "No se ha intentado crear la ruta /user/{name}."
    assert wrong("rutas-3").endswith("(rutas-2)")
    refused(work.resource, "{username}")
    assert wrong("rutas-2").startswith(
        "No se ha intentado crear la ruta /user/{name}; se ha intentado {username}, y lo que se responde es"
    )
    refused(work.resource, "/{name}")
    assert "; se ha intentado /{name}, y lo que se responde es BadRequestException: Resource's path part only" in (
        wrong("rutas-2")
    )
    assert not wrong("rutas-2").endswith("..")
    name = work.resource("name")
    assert "se ha creado /user/name, que es otra cosa" in wrong("rutas-2")
    work.on("DeleteResource", resourceId=name)
    refused(work.resource, "{name}")
    assert "Al crear {name} se responde BadRequestException: A sibling ({username})" in ok("rutas-2").text
    assert ok("rutas-3").notes[-1].startswith("Lo que explica")


def test_the_methods(work):
    work.create()
    work.routes()
    assert wrong("metodos-1") == "/user/{username} no tiene el método POST; tiene ninguno."
    work.method("POST")
    work.on("PutMethod", resourceId=work.user, httpMethod="GET", authorizationType="NONE")
    assert wrong("metodos-1") == "/user/{username} no tiene el método GET; tiene POST. Está en /user."
    assert wrong("metodos-2") == "Falta el método GET. (metodos-1)"
    work.on("GetResources", embed=["methods"])
    for changed, found in (
        ({"authorizationType": "AWS_IAM"}, "El GET pide autorización AWS_IAM."),
        ({"requestParameters": {}}, "El GET no declara method.request.path.username, ni otro parámetro."),
        (
            {"requestParameters": {"method.request.path.name": True}},
            "El GET no declara method.request.path.username; declara method.request.path.name.",
        ),
        (
            {"requestParameters": {"method.request.path.username": False}},
            "En el GET, `username` no es obligatorio.",
        ),
    ):
        work.method("GET", **changed)
        assert wrong("metodos-1") == found
        work.on_method("DeleteMethod", "GET")
    work.method("GET")
    assert ok("metodos-1").text == "POST y GET en /user/{username}, sin autorización, con `username` obligatorio."
    assert wrong("metodos-2") == "Nadie ha mirado los métodos desde que están POST y GET."
    work.on_method("GetMethod", "POST")
    assert wrong("metodos-2") == "Nadie ha mirado los métodos desde que están POST y GET."
    work.on("GetResource", resourceId=work.route)
    assert "AWS solo los incluye" in ok("metodos-2").notes[0]
    work.on_method("GetMethod", "GET")
    assert ok("metodos-2").text == "Los métodos de /user/{username}, GET y POST, se han visto con GetMethod."
    work.on("GetResources")
    assert ok("metodos-2").notes == ()
    work.on("GetResources", embed=["methods"])
    assert ok("metodos-2").text.endswith("se han visto con GetResources.")


def test_the_integrations(work):
    work.create()
    work.routes()
    work.method("POST")
    assert wrong("integracion-1") == "/user/{username} no tiene el método GET, que es el que se integra. (metodos-1)"
    assert wrong("integracion-3").endswith("(metodos-1)")
    work.method("GET")
    assert wrong("integracion-1") == "El GET no está integrado; lo están: ninguno."
    work.integrate("POST")
    assert wrong("integracion-1") == "El GET no está integrado; lo están: POST."
    assert wrong("integracion-2") == "No se ha integrado el GET. (integracion-1)"
    refused(work.on_method, "GetIntegration", "GET")
    assert wrong("integracion-3") == "El GET no se ha integrado, así que no hay qué borrar. (integracion-1)"
    for changed, found in (
        ({"type": "HTTP_PROXY", "uri": "http://localhost/"}, "La integración del GET es de tipo HTTP_PROXY."),
        ({"integrationHttpMethod": "GET"}, "La integración del GET llama a la función por GET."),
        ({"function": "user_lamda"}, "La integración del GET llama a user_lamda, y no a user_lambda."),
    ):
        work.integrate("GET", **changed)
        assert wrong("integracion-1") == found
    arn = "arn:aws:lambda:us-east-1:000000000000:function:user_lambda"
    for name in (arn, f"{arn}:$LATEST", "user_lambda"):
        work.integrate("GET", name)
        assert ok("integracion-1").text == "El GET de /user/{username} llama a user_lambda con AWS_PROXY, por POST."
    assert wrong("integracion-2") == "Nadie ha mirado las integraciones desde que están las de POST y GET."
    work.on_method("GetIntegration", "POST")
    assert wrong("integracion-2") == "Nadie ha mirado las integraciones desde que están las de POST y GET."
    work.on_method("GetMethod", "GET")
    assert "GetIntegration y GetMethod" in ok("integracion-2").text
    assert wrong("integracion-3") == "El GET sigue integrado con user_lambda."
    work.on_method("DeleteIntegration", "POST")
    assert wrong("integracion-3") == "Se ha borrado la integración del POST, y no la del GET."
    work.integrate("POST")
    work.on_method("DeleteIntegration", "GET")
    assert ok("integracion-3").text.endswith("el método sigue, sin quien lo atienda.")
    ok("integracion-1", "integracion-2")
    work.integrate("GET")
    assert ok("integracion-3").notes == ("Después de borrarla, el GET se ha vuelto a integrar.",)
    work.on_method("DeleteMethod", "GET")
    assert wrong("integracion-3").startswith("No está el método GET: con él se borra su integración")


def test_the_deployments(work):
    work.designed()
    nowhere = "El API no está desplegado en la etapa dev; tiene: ninguna."
    assert wrong("despliegue-1") == nowhere and wrong("despliegue-2") == f"{nowhere} (despliegue-1)"
    work.deploy("prod")
    assert wrong("despliegue-1") == "El API no está desplegado en la etapa dev; tiene: prod."
    first = work.deploy()
    work.on("GetStages")
    assert wrong("despliegue-1") == "La etapa dev solo se ha desplegado una vez."
    assert wrong("despliegue-2").endswith("no le sobra nada. (despliegue-1)")
    loose = work.on("CreateDeployment")["id"]
    work.on("DeleteDeployment", deploymentId=loose)
    assert wrong("despliegue-2").endswith("(despliegue-1)")
    second = work.deploy()
    assert wrong("despliegue-1") == "Nadie ha mirado la etapa dev después de repetir el despliegue."
    work.on("GetDeployments")
    assert wrong("despliegue-1") == "Nadie ha mirado la etapa dev después de repetir el despliegue."
    work.on("GetStage", stageName="dev")
    assert ok("despliegue-1").text.endswith(f"ahora apunta a {second}.")
    assert wrong("despliegue-2") == "No se ha borrado ningún despliegue."
    refused(work.on, "DeleteDeployment", deploymentId="nada")
    assert wrong("despliegue-2") == "No se ha borrado ningún despliegue."
    refused(work.on, "DeleteDeployment", deploymentId=second)
    assert wrong("despliegue-2").startswith(f"Se ha intentado borrar {second}, que es el que usa la etapa")
    work.on("DeleteDeployment", deploymentId=first)
    assert ok("despliegue-2").text == f"Se ha borrado {first}; dev usa {second}. Borrar el que usa la etapa se rechaza."
    work.on("DeleteStage", stageName="dev")
    assert wrong("despliegue-2").endswith("tiene: prod. (despliegue-1)")


def test_a_stage_made_and_moved_by_its_own_operations(work):
    work.designed()
    first, second = (work.on("CreateDeployment")["id"] for _ in range(2))
    work.on("CreateStage", stageName="dev", deploymentId=first)
    assert wrong("despliegue-1") == "La etapa dev solo se ha desplegado una vez."
    move = [{"op": "replace", "path": "/deploymentId", "value": second}]
    work.on("UpdateStage", stageName="dev", patchOperations=[move[0] | {"path": "/description"}])
    assert wrong("despliegue-1") == "La etapa dev solo se ha desplegado una vez."
    work.on("UpdateStage", stageName="dev", patchOperations=move)
    work.on("GetStages")
    work.on("DeleteDeployment", deploymentId=first)
    ok("despliegue-1", "despliegue-2")


def test_an_api_without_methods_is_not_deployed_and_the_check_says_why(work):
    work.create()
    work.routes()
    refused(work.deploy)
    assert "El último intento se ha rechazado: The REST API doesn't contain any methods" in wrong("despliegue-1")


@pytest.mark.slow
def test_the_tries(work):
    work.designed()
    assert wrong("pruebas-1").endswith("(despliegue-1)")
    work.deploy()
    assert wrong("pruebas-1") == "No ha llegado al API ninguna petición POST."
    address = work.post(user="pepe/x").url
    assert wrong("pruebas-1") == f"La petición POST {address[address.index('/_aws') :]} ha respondido 403."
    requests.get(address.removesuffix("/x"), timeout=30)
    assert "POST" in wrong("pruebas-1")
    work.post({"username": "pepe", "data": "100"})
    assert wrong("pruebas-1").startswith("La petición ha cambiado users/pepe: en el cuerpo se ha enviado pepe.")
    lab.open("api_gateway")
    work.designed()
    work.deploy()
    read_bucket("users/pepe")
    work.post(prefix="restapis/{}/dev/_user_request_")
    assert wrong("pruebas-1") == "Falta listar el bucket después de la petición."
    boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="src/")
    assert wrong("pruebas-1") == "Falta listar el bucket después de la petición."
    read_bucket("users/pepe")
    assert wrong("pruebas-1") == "Falta descargar users/tete; se ha descargado users/pepe."
    read_bucket("users/tete")
    assert ok("pruebas-1").text.endswith("users/tete, ya descargado; users/pepe sigue como estaba.")
    work.post({"username": "pepe", "data": "100"})
    assert ok("pruebas-1").text.endswith("users/pepe ha cambiado con otra petición.")


def test_a_request_that_stores_nothing_of_its_own(work):
    work.designed()
    function()
    work.integrate("POST", "user_lambda_param")
    work.deploy()
    work.post()
    assert wrong("pruebas-1") == (
        "La petición ha respondido 200, pero en users/ no hay nada nuevo; en el bucket hay: user/pepe/data.json, "
        "users/pepe."
    )


HANDLER = """
import json, boto3
def handler(event, context):
    body, route = event["body"], event["pathParameters"]["username"]
    %s
    boto3.resource("s3").Object("si1p1", key).put(Body=body)
    return {"statusCode": 200, "body": "{}"}
"""


def written_as(line):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("user_lambda_param.py", HANDLER % line)
    return archive.getvalue()


def update(line):
    client = boto3.client("lambda")
    client.update_function_code(FunctionName="user_lambda_param", ZipFile=written_as(line))
    client.get_waiter("function_updated_v2").wait(FunctionName="user_lambda_param")


@pytest.mark.parametrize(
    ("path", "handler", "said"),
    [
        ("handlers/user_lambda_param.py", "user_lambda_param.handler", "Unable to import module"),
        ("user_lambda_param.py", "handler", "Bad handler"),
        ("user_lambda_param.py", "user_lambda_param.main", "missing on module"),
    ],
)
def test_a_function_whose_zip_or_handler_is_wrong(work, path, handler, said):
    work.designed()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(path, HANDLER % "pass")
    function(code=archive.getvalue(), handler=handler)
    text = repr(practice.check("mejora-1"))
    assert said in text and "El zip lleva user_lambda_param.py en su raíz, sin carpetas" in text
    assert "Corrige handlers/user_lambda_param.py" not in text


@pytest.mark.slow
def test_the_better_function(work):
    work.designed()
    first = work.deploy()
    assert wrong("mejora-1") == "No hay ninguna función «user_lambda_param»."
    function(code=written_as("key = f'users/{json.loads(body)[\"username\"]}'"))
    for line, found in (
        ("pass", "no guarda user/{username}/data.json, sino users/{el username del cuerpo}."),
        (
            "key = f'user/{json.loads(body)[\"username\"]}/data.json'",
            "no guarda user/{username}/data.json, sino user/{el username del cuerpo}/data.json.",
        ),
        ("key = f'user/{route}'", "no guarda user/{username}/data.json, sino user/{username}."),
        ("key, body = f'user/{route}/data.json', '{}'", "no guarda el cuerpo de la petición tal como llega."),
        (
            "key, body = f'user/{route}/data.json', str(json.loads(body))",
            "no guarda el cuerpo de la petición tal como llega.",
        ),
        ("return {'statusCode': 400, 'body': 'no'}", "responde 400 a una petición correcta: no."),
        ("return 'hecho'", '«user_lambda_param» responde "hecho", sin statusCode.'),
        ("key = event['nada']", "La función «user_lambda_param» falla: KeyError: 'nada'."),
    ):
        if line != "pass":
            update(line)
        assert wrong("mejora-1").endswith(found)
    update("key = f'/user/{route}/data.json'")
    assert wrong("mejora-1") == "El POST de /user/{username} llama a user_lambda, y no a user_lambda_param."
    work.integrate("POST", "user_lambda_param")
    assert wrong("mejora-1").startswith("La integración con user_lambda_param no está desplegada")
    work.post()
    assert wrong("mejora-1").startswith("La integración con user_lambda_param no está desplegada")
    work.deploy("prod")
    assert wrong("mejora-1").startswith("La integración con user_lambda_param no está desplegada")
    work.deploy()
    assert wrong("mejora-1") == (
        "No ha llegado al API ninguna petición POST desde que se desplegó la integración nueva."
    )
    work.post(user="pepe/x")
    assert wrong("mejora-1").endswith("/dev/user/pepe/x ha respondido 403.")
    work.post()
    assert ok("mejora-1").text.endswith("está desplegado en dev, y ha guardado /user/pepe/data.json.")
    work.integrate("POST", "user_lambda_param")
    work.deploy()
    ok("mejora-1")
    work.integrate("POST")
    work.deploy()
    assert "llama a user_lambda, y no" in wrong("mejora-1")
    uri = work.on_method("GetIntegration", "POST")["uri"].replace("user_lambda", "user_lambda_param")
    patch = {"op": "replace", "path": "/uri", "value": uri}
    work.on("UpdateIntegration", resourceId=work.route, httpMethod="POST", patchOperations=[patch])
    assert wrong("mejora-1").startswith("La integración con user_lambda_param no está desplegada")
    work.deploy()
    assert "desde que se desplegó" in wrong("mejora-1")
    work.post()
    ok("mejora-1")
    back = [{"op": "replace", "path": "/deploymentId", "value": first}]
    work.on("UpdateStage", stageName="dev", patchOperations=back)
    assert wrong("mejora-1").startswith("La integración con user_lambda_param no está desplegada")
    assert not any(USER in str(part) for part in whole_cloud())


@pytest.mark.slow
def test_without_a_journal_what_the_cloud_holds_is_used(work, monkeypatch):
    work.designed()
    work.integrate("GET")
    work.deploy()
    function()
    work.integrate("POST", "user_lambda_param")
    work.deploy()
    work.post()
    monkeypatch.setenv(process.PORT_VARIABLE, str(free_port()))
    found = {question: practice.check(question).ok for question in IDS}
    held = {"api-1", "rutas-1", "metodos-1", "integracion-1", "mejora-1"}
    assert found == {question: True if question in held else None for question in IDS}
    monkeypatch.undo()
    lab.open("dynamodb")
    monkeypatch.setenv(process.PORT_VARIABLE, str(free_port()))
    assert {practice.check(question).ok for question in IDS} == {None}
    Work(boto3_call).gateway("DeleteRestApi", restApiId=boto3.client("apigateway").get_rest_apis()["items"][0]["id"])
    assert {practice.check(question).ok for question in IDS} == {False}


@pytest.mark.static
def test_every_question_has_hints():
    assert list(HINTS) == IDS
    assert all(2 <= len(hints) <= 3 for hints in HINTS.values())
