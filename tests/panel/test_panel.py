"""What is under the panel works without it; the panel shows it where there are no widgets, too."""

import json
from html import escape
from urllib.parse import quote

import boto3
import pytest

from helpers import diagram, lab, panel, tables
from helpers.emulator.process import State, Status
from helpers.errors import Si1p1Error
from helpers.panel import api_client, board
from helpers.panel.function_log import Follower
from helpers.practice import checkpoints
from helpers.session import survey
from helpers.session.opened import opened
from helpers.workbook import SOLVED


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
    assert exchange.curl == (
        f"""curl -s -X POST {url}/pepe -H 'Content-Type: application/json' -d '{{"data": "10"}}'"""
    )
    shown = exchange.table().values.tolist()
    assert ["Estado", "200 OK"] in shown and ["Cuerpo", exchange.body] in shown
    assert api_client.send("GET", "pepe").status == 500  # no integration yet
    assert quote("ana maría", safe="") in api_client.send("DELETE", "ana maría").curl


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
    found = survey.survey()
    (one,) = found.apis
    assert found.resources().values.tolist() == [
        ["S3", "si1p1", "1 objeto"],
        ["Lambda", "user_lambda", "python3.13, con URL"],
        ["Lambda", "user_lambda_param", "python3.13"],
        ["API Gateway", f"user_lambda ({one.id})", "2 métodos, en dev"],
    ]
    assert survey.stores("user_lambda") >= {("s3", "si1p1")}
    assert {service for service, _ in survey.stores("user_lambda")} == {"s3"}


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
    assert shown.function.options == ("user_lambda", "user_lambda_param")
    shown.function.value = "user_lambda_param"
    boto3.client("logs").create_log_group(logGroupName=f"{checkpoints.LOG_PREFIX}saludo")
    shown.refresh()
    assert shown.function.options == ("saludo", "user_lambda", "user_lambda_param")
    assert shown.function.value == "user_lambda_param"
    boto3.client("logs").delete_log_group(logGroupName=f"{checkpoints.LOG_PREFIX}saludo")
    checkpoints.restore("s3")
    shown.refresh()
    assert shown.function.options == () and shown.function.value is None
    shown.close_all()


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
    shown._say(MARKUP)
    assert shown.message.value == f"<p>{escape(MARKUP)}</p>"
    assert MARKUP not in board._error_html(ValueError(MARKUP)) and MARKUP not in board._link(SOLVED.build / MARKUP)
    event = {"timestamp": 0, "message": MARKUP}
    for table in (tables.log_events([{"events": [event]}]), tables.fields({"x": MARKUP}), exchange_table()):
        assert MARKUP not in table._repr_html_() and escape(MARKUP, quote=False) in table._repr_html_()
    assert MARKUP not in lab.Opening([("LocalStack", MARKUP)])._repr_html_()


def exchange_table():
    exchange = api_client.Exchange("curl", 200, "OK", {"X": MARKUP}, MARKUP, 1.0)
    return exchange.table()
