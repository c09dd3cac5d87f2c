"""What is under the panel works without it; the panel shows it where there are no widgets, too."""

import asyncio
import json
import shlex
import time
from html import escape
from unittest import mock
from urllib.parse import quote

import boto3
import nbformat
import pytest
from botocore.exceptions import ClientError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import diagram, lab, panel, tables
from helpers.emulator.journal import Entry, Kind
from helpers.emulator.process import State, Status
from helpers.errors import Si1p1Error
from helpers.panel import api_client, board, calls_page, log_page, memoria_page, parts, questions_page
from helpers.panel.dock import Dock
from helpers.panel.function_log import Follower
from helpers.practice import checkpoints
from helpers.practice.checks.verdict import Verdict
from helpers.session import cloud_contents
from helpers.session.jupyter_server import HUB_VARIABLE
from helpers.session.lab_terminal import ROOT_VARIABLE
from helpers.session.open_section import opened
from helpers.workbook import SOLVED, Workbook


@pytest.fixture
def api(cloud):
    """The cloud at the start of section 6: an API whose POST a function serves."""
    checkpoints.restore("dynamodb")
    return cloud


def test_a_request_and_its_answer(api):
    exchange = api_client.send("POST", "ana maría", '{"data": "10"}')
    assert (exchange.status, exchange.headers["Content-Type"]) == (400, "application/json")
    exchange = api_client.send("POST", "pepe", '{"data": "10"}')
    assert json.loads(exchange.body) == {"status": "OK", "key": "user/pepe/data.json"} and exchange.elapsed_ms > 0
    stored = boto3.client("s3").get_object(Bucket="si1p1", Key="user/pepe/data.json")["Body"].read()
    assert stored == b'{"data": "10"}'
    url = api_client.endpoint()
    header = "Content-Type: application/json"
    words = ["curl", "-s", "-X", "POST", f"{url}/pepe", "-H", header, "-d", '{"data": "10"}']
    assert shlex.split(exchange.curl.replace("\\\n", "")) == words
    shown = exchange.table().values.tolist()
    assert ["Estado", "200 OK"] in shown and ["Cuerpo", exchange.body] in shown
    assert api_client.send("GET", "pepe").status == 500  # no integration yet
    assert quote("ana maría", safe="") in api_client.send("DELETE", "ana maría").curl


def test_an_answer_that_the_api_could_not_give_says_why(cloud):
    lab.open("dynamodb")
    exchange = api_client.send("GET", "pepe")
    assert exchange.why.startswith("«GET /user/{username}» no lleva a ninguna función: el método está desplegado sin ")
    assert ["Por qué", exchange.why] in exchange.table().values.tolist()
    assert 'alt="Lo que ha pasado detrás de la petición, por orden: GET /user/{username}, ✗ ' in exchange.behind
    assert api_client.send("POST", "pepe", "[").why == ""  # a 400 is the function's own


def test_without_a_deployed_api_it_says_where_to_make_one(cloud):
    boto3.client("apigateway").create_rest_api(name="user_lambda")
    with pytest.raises(Si1p1Error, match="No hay ningún API «user_lambda» desplegado en la etapa «dev»"):
        api_client.send("GET", "pepe")


def test_a_log_is_followed_piece_by_piece(api):
    follower = Follower("user_lambda_param")
    assert follower.new_events() == []
    for number in (1, 2):
        api_client.send("POST", f"user{number}", '{"data": "10"}')
        events = lab.wait_until(follower.new_events, ready=bool)
        messages = "".join(event["message"] for event in events)
        assert messages.count("START RequestId") == messages.count("REPORT RequestId") == 1
    assert follower.new_events() == []


def test_the_survey_tells_what_there_is(api):
    boto3.client("lambda").create_function_url_config(FunctionName="user_lambda", AuthType="NONE")
    boto3.client("s3").put_object(Bucket="si1p1", Key="users/pepe", Body=b"{}")
    found = cloud_contents.survey()
    (one,) = found.apis
    assert found.resources().values.tolist() == [
        ["S3", "si1p1", "1 objeto"],
        ["Lambda", "user_lambda", "python3.13, con URL"],
        ["Lambda", "user_lambda_param", "python3.13"],
        ["API Gateway", f"user_lambda ({one.id})", "2 métodos, en dev"],
    ]
    assert cloud_contents.stores("user_lambda") >= {("s3", "si1p1")}
    assert {service for service, _ in cloud_contents.stores("user_lambda")} == {"s3"}


def test_the_architecture_is_what_the_cloud_holds(api):
    drawing = diagram.draw()
    assert drawing.description == (
        "Arquitectura construida hasta ahora: el API POST /user/{username} usa la función user_lambda_param; "
        "la función user_lambda usa el bucket si1p1; la función user_lambda_param usa el bucket si1p1; "
        "sin unir a nada: el API GET /user/{username}."
    )
    svg = drawing.svg()
    assert svg.count("<line ") == 3 and svg.count("user_lambda_param") == 1 and "sin integración" in svg
    boto3.client("lambda").delete_function(FunctionName="user_lambda_param")
    assert diagram.draw().svg().count("<line ") == 1
    checkpoints.restore("s3")
    assert repr(diagram.draw()) == diagram.EMPTY and diagram.EMPTY in diagram.draw()._repr_html_()


def test_where_there_are_no_widgets_the_panel_is_a_table(api, monkeypatch):
    monkeypatch.setattr(opened, "section", "dynamodb")
    shown = panel.show()
    html = shown._repr_mimebundle_()["text/html"]
    assert "LocalStack: <strong>en marcha</strong>" in html and "2 métodos, en dev</td>" in html
    shown.close_all()


def test_the_log_is_offered_of_the_functions_that_there_are(api, monkeypatch):
    monkeypatch.setattr(opened, "section", "dynamodb")
    shown = panel.show()
    assert shown.function_log.function.options == ("user_lambda", "user_lambda_param")
    assert shown.function_log.function.value == "user_lambda"
    shown.function_log.function.value = None
    shown.refresh()
    assert shown.function_log.function.value == "user_lambda"
    shown.function_log.function.value = "user_lambda_param"
    boto3.client("logs").create_log_group(logGroupName=f"{checkpoints.LOG_PREFIX}saludo")
    shown.refresh()
    assert shown.function_log.function.options == ("saludo", "user_lambda", "user_lambda_param")
    assert shown.function_log.function.value == "user_lambda_param"
    boto3.client("logs").delete_log_group(logGroupName=f"{checkpoints.LOG_PREFIX}saludo")
    checkpoints.restore("s3")
    shown.refresh()
    assert shown.function_log.function.options == () and shown.function_log.function.value is None
    shown.close_all()


GONE = ClientError({"Error": {"Code": "NoSuchBucket", "Message": ""}}, "ListObjectsV2")  # while it was being listed
EMPTY = cloud_contents.Cloud({}, {}, frozenset(), (), {}, ())


def test_what_could_not_be_listed_is_listed_at_the_next_look(api, monkeypatch):
    found = cloud_contents.survey()
    monkeypatch.setattr(cloud_contents, "survey", mock.Mock(side_effect=[EMPTY, GONE, found]))
    shown = board.Panel("dynamodb")
    function = shown.function_log.function
    boto3.client("s3").list_buckets()  # somebody's
    shown._refresh_if_changed()
    assert function.options == () and shown.actions.message.value == ""
    shown._refresh_if_changed()
    assert function.options == ("user_lambda", "user_lambda_param") and function.value == "user_lambda"
    shown.close_all()


def test_a_log_that_cannot_be_followed_says_why(cloud, monkeypatch):
    shown = board.Panel("s3")
    log = shown.function_log
    monkeypatch.setattr(cloud_contents, "survey", mock.Mock(side_effect=[GONE, EMPTY]))
    for why in ("No existe el bucket", "Todavía no hay ninguna función que seguir."):
        log.follow.value = True
        assert why in shown.actions.message.value and not log.follow.value
    shown.close_all()


def test_the_log_of_another_function_is_followed_when_it_is_chosen(cloud, monkeypatch):
    monkeypatch.setattr(log_page, "FOLLOW_S", 0.01)
    logs = boto3.client("logs")
    for name in ("una", "otra"):
        where = {"logGroupName": f"{checkpoints.LOG_PREFIX}{name}", "logStreamName": "s"}
        logs.create_log_group(logGroupName=where["logGroupName"])
        logs.create_log_stream(**where)
        event = {"timestamp": int(time.time() * 1000), "message": f"lo de {name}"}
        logs.put_log_events(**where, logEvents=[event])
    shown = board.Panel("s3")
    log = shown.function_log

    async def follow():
        log.function.value, log.follow.value = "una", True
        await until(lambda: "lo de una" in log.shown.value)
        log.function.value = "otra"
        await until(lambda: "lo de otra" in log.shown.value)
        assert "lo de una" not in log.shown.value
        following, log.follow.value = log._following, False
        await asyncio.wait_for(following, 5)

    async def until(is_so):
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.01)

    asyncio.run(follow())
    shown.close_all()


def test_one_panel_is_beside_that_of_the_last_to_ask(cloud, monkeypatch):
    monkeypatch.setattr(board, "dock", mine := Dock())
    shown = board.Panel("s3")
    assert mine.tab is None
    buttons_of(shown)["Poner al lado"].click()
    first = mine.tab
    buttons_of(shown)["Poner al lado"].click()
    assert first.comm is None and mine.tab.title == "Panel: 3. AWS S3" and docked(mine) == [shown.model_id]
    again = board.Panel("s3")  # its cell is executed again
    assert docked(mine) == [again.model_id]
    mine.give_way()
    assert docked(mine) == [again.model_id]
    of_another_kernel = Dock()
    of_another_kernel.put(again, "Panel: 4. AWS Lambda")
    mine.give_way()
    assert mine.tab is None and docked(of_another_kernel) == [again.model_id]
    of_another_kernel.close()
    again.close_all()


def docked(dock):
    """Return the ids of the widgets in its tab."""
    return [output["data"]["application/vnd.jupyter.widget-view+json"]["model_id"] for output in dock.tab.outputs]


def test_before_a_section_is_opened_there_is_no_panel(monkeypatch):
    monkeypatch.setattr(opened, "section", "")
    with pytest.raises(Si1p1Error, match="ejecuta la primera celda"):
        panel.show()


@pytest.mark.parametrize("section", checkpoints.CHECKPOINTS)
def test_the_contents_of_a_checkpoint_are_what_it_creates(cloud, section):
    created = [
        change.resource for change in checkpoints.restore(section) if change.action is checkpoints.Action.CREATED
    ]
    assert [one.partition(" (")[0] for one in checkpoints.contents(section)] == created


MARKUP = "<img src=x onerror=alert(1)>"


def test_what_the_panel_shows_of_others_is_text(cloud, monkeypatch):
    """A server's version, a resource's name, an answer, a log: JupyterLab runs the HTML of widgets as it is."""
    boto3.client("apigateway").create_rest_api(name=MARKUP)
    lying = Status(State.ADOPTED, f"http://localhost:1/{MARKUP}", version=MARKUP, session_id="x")
    monkeypatch.setattr(type(cloud), "status", lambda _self: lying)
    shown = board.Panel("s3")
    assert MARKUP not in shown.state.value and escape(MARKUP) in shown.state.value
    assert MARKUP not in shown.resources.value and escape(MARKUP, quote=False) in shown.resources.value
    assert MARKUP not in shown.diagram.value
    shown.actions.say(MARKUP)
    assert shown.actions.message.value == f"<p>{escape(MARKUP)}</p>"
    assert MARKUP not in parts.error_html(ValueError(MARKUP)) and MARKUP not in parts.link(SOLVED.build / MARKUP)
    event = {"timestamp": 0, "message": MARKUP}
    for table in (tables.log_events([{"events": [event]}]), tables.fields({"x": MARKUP}), exchange_table()):
        assert MARKUP not in table._repr_html_() and escape(MARKUP, quote=False) in table._repr_html_()
    assert MARKUP not in lab.Opening([("LocalStack", MARKUP)])._repr_html_()


def test_a_link_is_below_the_servers_own_address(monkeypatch):
    monkeypatch.setenv(ROOT_VARIABLE, str(SOLVED.root))
    assert 'href="/files/build/memoria.pdf"' in parts.link(SOLVED.build / "memoria.pdf")
    monkeypatch.setenv(HUB_VARIABLE, "/user/ana/")
    assert 'href="/user/ana/files/build/memoria.pdf"' in parts.link(SOLVED.build / "memoria.pdf")


def exchange_table():
    exchange = api_client.Exchange("curl", 200, "OK", {"X": MARKUP}, MARKUP, 1.0)
    return exchange.table()


def descendants(widget):
    """Yield a widget and all those inside it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


@pytest.fixture
def mine(monkeypatch, tmp_path):
    """A workbook with one notebook of a practice, without answers, and one of the student's own."""
    mine = Workbook(tmp_path)
    mine.handlers.mkdir()
    mine.notebooks.mkdir()
    mine.authors.write_text("", "utf-8")
    for stem, source in (("03_s3", "1"), ("08_mio", 'import time\n\ntime.sleep(60 * ("lento" in open("q").read()))')):
        cells = [new_markdown_cell("# 3. AWS S3"), new_code_cell(source)]
        nbformat.write(new_notebook(cells=cells), mine.notebooks / f"{stem}.ipynb")
    (mine.notebooks / "q").write_text("")
    for module in (board, memoria_page, questions_page, parts):
        monkeypatch.setattr(module, "current", lambda: mine)
    return mine


async def until(condition):
    while not condition():
        await asyncio.sleep(0.05)


def buttons_of(shown):
    return {one.description: one for one in descendants(shown) if hasattr(one, "click")}


def test_the_panel_refuses_the_entrega_of_the_solved_workbook(cloud):
    shown = board.Panel("s3")
    buttons_of(shown)["Preparar entrega"].click()
    assert "Estos son los cuadernos resueltos" in shown.actions.message.value
    assert "make practica" in shown.actions.message.value
    shown.close_all()


@pytest.mark.slow
def test_the_entrega_is_made_beside_the_kernel_and_a_notebook_of_the_students_own_counts(cloud, mine):
    shown = board.Panel("s3")
    page, buttons = shown.memoria, buttons_of(shown)
    seen = []
    page.doing.observe(lambda change: seen.append(change["new"]), "value")

    async def press(button):
        buttons[button].click()
        assert page.progress.layout.display is None or page._task  # the click itself does not wait
        await page._task

    asyncio.run(press("Preparar entrega"))
    assert "Sin responder: las 29." in shown.actions.message.value and not (mine.build / "entrega.zip").exists()
    assert "08_mio: 1 de 1 celdas" in seen
    asyncio.run(press("Preparar borrador"))
    said = page.result.value
    assert "falta su celda" in said and "Es un borrador" in said and "build/entrega.zip" in said
    assert (mine.build / "entrega.zip").exists() and shown.actions.message.value == ""
    shown.close_all()


@pytest.mark.slow
def test_what_is_being_made_can_be_cancelled_and_only_one_is(cloud, mine):
    (mine.notebooks / "q").write_text("lento")
    shown = board.Panel("s3")
    page, buttons = shown.memoria, buttons_of(shown)

    async def cancelled():
        buttons["Exportar memoria"].click()
        await until(lambda: page.doing.value.startswith("08_mio"))
        buttons["Exportar memoria"].click()
        assert "Ya se está haciendo" in shown.actions.message.value
        buttons["Cancelar"].click()
        await asyncio.wait_for(page._task, 15)

    asyncio.run(cancelled())
    assert "Cancelado" in shown.actions.message.value and page.progress.layout.display == "none"
    assert not (mine.build / "memoria.pdf").exists()
    shown.close_all()


def test_the_questions_have_the_sign_of_their_check_and_their_hints(api):
    shown = board.Panel("dynamodb")
    page = shown.questions
    page.learn(Verdict("tabla-1", True, "hay una tabla"))
    assert page.signs["tabla-1"].value == "✓"
    page.check("tabla-1")
    assert page.signs["tabla-1"].value == "✗" and "No hay ninguna tabla" in page._notes["tabla-1"].value
    shown.refresh()
    assert page.signs["tabla-1"].value == "✗"  # and not what the saved notebook said
    page.hint("tabla-1")
    assert "pista 1 de" in page._notes["tabla-1"].value
    shown.close_all()


def test_the_calls_are_newest_first_the_refused_ones_marked_and_by_service():
    entries = [
        Entry(Kind.CALL, 0, "ListBuckets", 1, service="s3", status=200, asker="boto3"),
        Entry(Kind.CALL, 0, "GetItem", 2, service="dynamodb", status=400, error="ResourceNotFoundException"),
        Entry(Kind.REQUEST, 0, "GET", 3, service="execute-api", status=502, parameters={"path": MARKUP}),
    ]
    html = calls_page.calls_html(lab.Calls(entries))
    assert html.index("execute-api GET") < html.index("GetItem") < html.index("ListBuckets")
    assert html.count("✗ ") == html.count(parts.ERROR_COLOUR) == 2 and MARKUP not in html
    only = calls_page.calls_html(lab.Calls(entries), calls_page.SERVICES["S3"])
    assert "ListBuckets" in only and "GetItem" not in only and "✗" not in only
    assert "Todavía no hay ninguna llamada." in calls_page.calls_html(lab.Calls())


def test_the_errors_of_a_log_are_marked():
    messages = [
        "START RequestId: a",
        "[ERROR] KeyError: 'x'\rTraceback",
        "2026 Task timed out after 3.00 seconds",
        "[INFO] ERROR",
    ]
    html = log_page.events_html([{"timestamp": 0, "message": one} for one in messages])
    assert html.count("✗ ") == 2 and html.index("START") < html.index("✗ ")


def test_in_ipython_without_a_loop_the_panel_is_shown_and_does_not_watch(cloud, monkeypatch):
    shell = mock.Mock(spec=["events"])
    monkeypatch.setattr(board, "get_ipython", lambda: shell)
    assert board.Panel("s3").children
    shell.events.register.assert_not_called()
