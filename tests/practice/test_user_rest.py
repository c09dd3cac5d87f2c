"""The micro-service over real HTTP, served by Hypercorn as its Dockerfile does."""

import re
import subprocess

import pytest
import requests

from helpers.workbook import INSTALLATION, SOLVED


def call(method, url, **kwargs):
    """Return (status code, JSON) of a request."""
    response = requests.request(method, url, timeout=5, **kwargs)
    return response.status_code, response.json()


def test_a_user_lives_and_dies(service):
    base, users = service
    url = f"{base}/pepe"
    assert call("GET", url)[0] == 404
    assert call("PUT", url, json={"data": "10"}) == (201, {"status": "OK", "username": "pepe"})
    assert (users / "pepe" / "data.json").read_text() == '{"data": "10"}'
    assert call("PUT", url, json={"data": "11"})[0] == 409
    assert call("GET", url) == (200, {"status": "OK", "username": "pepe", "data": {"data": "10"}})
    updated = {"data": "10", "correo": "ñandú@ss.es"}
    assert call("PATCH", url, json={"correo": "ñandú@ss.es"})[1]["data"] == updated
    assert call("GET", url)[1]["data"] == updated
    assert call("DELETE", url) == (200, {"status": "OK", "username": "pepe"})
    assert not (users / "pepe").exists()
    for method in ("GET", "DELETE"):
        assert call(method, url) == (404, {"status": "KO", "message": "El usuario no existe"})
    assert call("PATCH", url, json={})[0] == 404


@pytest.mark.parametrize("body", [b"", b"hola", b"[]", b"3"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_bad_bodies_are_refused(service, method, body):
    status, answer = call(method, f"{service[0]}/malo", data=body)
    assert status == 400 and answer["status"] == "KO"
    assert not (service[1] / "malo").exists()


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2fx", ".oculto", "a%00b", "x" * 65, "a b"])
def test_names_that_are_not_one_step_of_a_path_are_refused(service, name):
    # Not requests: it would tidy the path before sending it.
    base = service[0].removesuffix("/user")
    command = ["curl", "-s", "--path-as-is", "-X", "PUT", "-d", "{}", f"{base}/user/{name}".replace(" ", "%20")]
    answer = subprocess.run([*command, "-w", "%{http_code}"], capture_output=True, text=True, check=True).stdout
    assert answer[-3:] in ("400", "404") and '"KO"' in answer
    outside = [path for path in service[1].parent.rglob("*") if path != service[1] and path.is_file()]
    assert outside == []


def test_unknown_routes_and_methods_answer_ko(service):
    assert call("GET", f"{service[0]}s")[1]["status"] == "KO"
    assert call("POST", f"{service[0]}/pepe") == (405, {"status": "KO", "message": "Method Not Allowed"})


def test_dockerfile_installs_the_locked_versions_and_listens_as_asked():
    dockerfile = (SOLVED.handlers / "Dockerfile").read_text("utf-8")
    lock = (INSTALLATION / "requirements.lock").read_text("utf-8")
    for package in ("quart", "hypercorn"):
        version = re.search(rf"^{package}==(\S+)", lock, re.MULTILINE).group(1)
        assert f"{package}=={version}" in dockerfile
    assert "EXPOSE 8000" in dockerfile and "--workers $NUMWORKERS" in dockerfile and "ENV NUMWORKERS=" in dockerfile
