"""Responses into tables: pure, so no cloud is needed."""

from datetime import UTC, datetime

import pytest

from helpers import tables

MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_objects_and_an_empty_bucket():
    found = {"Key": "src/user_rest.py", "Size": 3, "LastModified": MOMENT}
    table = tables.objects({"Contents": [found]})
    local = MOMENT.astimezone().replace(tzinfo=None)
    assert table.values.tolist() == [["src/user_rest.py", 3, local]]
    empty = tables.objects({"KeyCount": 0})
    assert list(empty.columns) == list(table.columns) and empty.empty
    assert "No hay ningún resultado" in empty._repr_html_()


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
