"""What happened behind a request, from the journal and the log, and its drawing."""

import os
from html import escape

import boto3
import pytest
import requests

from helpers import diagram
from helpers.emulator.journal import Entry, Kind
from helpers.emulator.process import Emulator
from helpers.errors import Si1p1Error
from helpers.panel import api_client
from helpers.practice import checkpoints
from helpers.session import request_story
from helpers.session.request_story import Step, Story


@pytest.fixture
def endpoint(cloud):
    checkpoints.restore("dynamodb")
    return api_client.endpoint()


def test_a_request_to_a_function_its_calls_and_its_log(endpoint):
    first = diagram.request(requests.post(f"{endpoint}/pepe", data='{"data": "10"}', timeout=30)).story
    story = diagram.request(requests.post(f"{endpoint}/pepe", data='{"data": "10"}', timeout=30)).story
    api, function, call = story.steps
    assert (api.name, api.outcome, api.start_ms) == ("POST /user/{username}", "200", 0)
    assert (function.name, function.outcome) == ("user_lambda_param, en caliente", "ha respondido")
    assert (call.name, call.outcome, call.failed) == ("S3 PutObject", "200", False)
    assert 0 < call.ms <= api.ms and 0 < function.ms <= api.ms and function.start_ms <= call.start_ms <= api.ms
    assert {step.name for step in first.steps} >= {"arranque en frío", "user_lambda_param, en frío"}


def test_one_that_fails_and_one_that_reaches_no_function(endpoint):
    boto3.client("s3").delete_object(Bucket="si1p1", Key="src/user_rest.py")
    for page in boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket="si1p1"):
        for one in page.get("Contents", []):
            boto3.client("s3").delete_object(Bucket="si1p1", Key=one["Key"])
    boto3.client("s3").delete_bucket(Bucket="si1p1")
    drawn = diagram.request(requests.post(f"{endpoint}/pepe", data='{"data": "10"}', timeout=30))
    api, *_, call = drawn.story.steps
    assert api.failed and (call.name, call.outcome) == ("S3 PutObject", "404 NoSuchBucket") and call.failed
    assert "✗" in drawn.description and "NoSuchBucket" in drawn.svg() and drawn.story.lines
    (alone,) = diagram.request(requests.get(f"{endpoint}/pepe", timeout=30)).story.steps
    assert (alone.name, alone.outcome, alone.failed) == ("GET /user/{username}", "500", True)


def test_what_is_not_an_answer_of_an_api_says_so(cloud):
    with pytest.raises(Si1p1Error, match="Se esperaba la respuesta de una petición HTTP, y esto es «int»"):
        diagram.request(1)
    health = requests.get(f"{os.environ['AWS_ENDPOINT_URL']}/_localstack/health", timeout=30)
    with pytest.raises(Si1p1Error, match="No se sabe qué ha pasado detrás de la petición a http"):
        diagram.request(health)


def test_of_an_adopted_localstack_the_request_alone_is_drawn(cloud, endpoint, monkeypatch, tmp_path):
    """It keeps no journal, and a section that draws has to go on."""
    adopted = Emulator(tmp_path, cloud.port, cloud.url)
    monkeypatch.setattr(request_story.instance, "from_environment", lambda: adopted)
    answer = requests.post(f"{endpoint}/pepe", data='{"data": "10"}', timeout=30)
    api, behind = diagram.request(answer).story.steps
    assert api.name.startswith("POST /") and api.name.endswith("/user/pepe") and api.outcome == "200" and not api.failed
    assert behind.outcome == "no se sabe: LocalStack ajeno" and 0 < behind.ms == api.ms


def test_the_drawing_is_text_in_the_themes_colours_and_has_its_words():
    markup = "<b>&"
    story = Story([Step("api", markup, 0, 40, "200"), Step("s3", "S3 GetObject", 10, 5, "404", True)], [markup])
    drawn = diagram.Timeline(story)
    svg = drawn.svg()
    assert markup not in svg and svg.count(escape(markup)) == 2 and "prefers-color-scheme:dark" in svg
    assert svg.count('class="bad"') == 1 and "✗ 5 ms, 404" in svg
    assert drawn.description == (
        "Lo que ha pasado detrás de la petición, por orden: <b>&, 40 ms, 200; S3 GetObject, ✗ 5 ms, 404. "
        "Su registro: <b>&."
    )
    assert f'alt="{escape(drawn.description)}"' in drawn._repr_html_()


def test_the_duration_is_not_the_billed_one_nor_the_starts(monkeypatch):
    report = (
        "REPORT RequestId: r\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tInit Duration: 30.00 ms"
    )
    events = [{"message": "START RequestId: r"}, {"message": "[INFO] hola"}, {"message": report}]
    monkeypatch.setattr(request_story.explain_functions, "read_events", lambda *_: events)
    request = Entry(Kind.REQUEST, 1000, "GET", ms=60.0, service="execute-api", status=200, served_by="f",
                    served_request="r", parameters={"route": "/x"})  # fmt: skip
    others = [Entry(Kind.CALL, 1050, "GetItem", ms=2, service="dynamodb", status=200, function_request="otra")]
    story = request_story.tell(request, [request, *others])
    assert [(step.name, step.start_ms, step.ms) for step in story.steps] == [
        ("GET /x", 0, 60), ("arranque en frío", 17.5, 30), ("f, en frío", 47.5, 12.5)
    ]  # fmt: skip
    assert story.lines == ["[INFO] hola"]
