"""A page of another origin in a real Chromium calls a student's API if the API's own CORS lets it, and only then."""

import pytest
from rest_api import RestApi, invocation
from test_browser import pytestmark
from test_browser_wall import browser, pages

__all__ = ["pages", "pytestmark"]

# Allows the page of `ORIGIN`, and answers what it was sent.
FUNCTION = """
def handler(event, context):
    headers = {"Access-Control-Allow-Origin": ORIGIN, "Access-Control-Allow-Headers": "Content-Type",
               "Access-Control-Allow-Methods": "PUT,OPTIONS"} if ORIGIN else {}
    return {"statusCode": 200, "headers": headers, "body": event["body"] or ""}
"""
# With a JSON body and a method of their own, browsers ask for permission first.
CALL = """async address => {
    const options = {method: "PUT", headers: {"Content-Type": "application/json"}, body: '{"a": 1}'};
    try { return await (await fetch(address, options)).text(); } catch (error) { return error.name; }
}"""
REFUSED = "TypeError"


@pytest.fixture
def api(cloud, function, pages):
    """Its routes differ in who allows whom; the page is `pages`."""
    allows = invocation(function(f"ORIGIN = {pages.address!r}\n{FUNCTION}").name)
    other = invocation(function(f"ORIGIN = 'http://intruso.example'\n{FUNCTION}").name)
    silent = invocation(function(f"ORIGIN = None\n{FUNCTION}").name)
    api = RestApi(cloud)
    for path, uri in (("/lambda", allows), ("/other", other), ("/silent", silent)):
        api.proxy(path, uri)
    for path, origin in (("/mock", pages.address), ("/mock-other", "http://intruso.example")):
        api.proxy(path, allows, "PUT")
        told = {"Origin": origin, "Methods": "PUT,OPTIONS", "Headers": "Content-Type"}
        api.allow(path, {f"Access-Control-Allow-{name}": value for name, value in told.items()})
    api.proxy("/without-options", allows, "PUT")
    return api.deploy()


@pytest.mark.parametrize("base", ["/_aws/execute-api/{id}/dev", "/restapis/{id}/dev/_user_request_"])
def test_a_page_reads_the_answer_if_the_api_allows_its_origin(cloud, api, pages, base):
    pages.pages["/"] = "<!doctype html><title>mía</title>"
    expected = {
        "/lambda": '{"a": 1}',
        "/mock": '{"a": 1}',
        "/other": REFUSED,
        "/mock-other": REFUSED,
        "/silent": REFUSED,
        "/without-options": REFUSED,
    }
    with browser() as chromium:
        page = chromium.new_page()
        page.goto(pages.address)
        address = cloud.url + base.format(id=api.id)
        found = {path: page.evaluate(CALL, address + path) for path in expected}
    assert found == expected
