"""A response that ends a cell is shown without its metadata, and is whole all the same."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers.session import shown_responses

RESPONSE = {
    "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"x": "y" * 100}},
    "Buckets": [{"Name": "si1p1"}],
}


@pytest.fixture
def shell():
    made = InteractiveShell.instance()
    shown_responses.install(made)
    made.user_ns["response"] = RESPONSE
    yield made
    InteractiveShell.clear_instance()


def plain(shell, value):
    data, _ = shell.display_formatter.format(value)
    return data["text/plain"]


def test_a_response_is_shown_without_its_metadata(shell):
    shown = "{'Buckets': [{'Name': 'si1p1'}]}\n# Sin ResponseMetadata (HTTP 200); entera: print(Out["
    assert plain(shell, RESPONSE).startswith(shown)
    assert RESPONSE["ResponseMetadata"]["HTTPStatusCode"] == 200
    only = {"ResponseMetadata": RESPONSE["ResponseMetadata"]}
    assert plain(shell, only).startswith("{}\n# Sin ResponseMetadata (HTTP 200)")


def test_responses_in_a_list_have_one_less_line(shell):
    assert plain(shell, [RESPONSE, RESPONSE]) == "[{'Buckets': [{'Name': 'si1p1'}]}, {'Buckets': [{'Name': 'si1p1'}]}]"


def test_it_is_whole_on_request(shell, capsys):
    shell.run_cell("response", store_history=True)
    number = capsys.readouterr().out.rpartition("Out[")[2].partition("]")[0]
    shell.run_cell(f"print(Out[{number}])", store_history=True)
    assert capsys.readouterr().out.strip() == str(RESPONSE)


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"ResponseMetadata": 1}, {"ResponseMetadata": {}}, {1: {2: [3] * 60}}])
def test_any_other_dictionary_is_as_ever(shell, value):
    from IPython.lib.pretty import pretty

    assert plain(shell, value) == pretty(value)
