"""Section 3's checks: nothing done, done in each right way, and each typical mistake told by its own words."""

import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from helpers import lab, practice
from helpers.practice.checks.evidence import OUTSIDE
from helpers.workbook import SOLVED

AWS = str(Path(sys.executable).with_name("aws"))
FILE = SOLVED.handlers / "user_rest.py"
COPY = SOLVED.build / "copia-de-prueba.py"


@pytest.fixture
def s3(cloud):
    lab.open("s3")
    yield boto3.client("s3")
    COPY.unlink(missing_ok=True)


def aws(*words):
    subprocess.run([AWS, "s3", *words], check=True, capture_output=True)


def task(s3):
    s3.create_bucket(Bucket="si1p1")
    s3.upload_file(str(FILE), Bucket="si1p1", Key="src/user_rest.py")


def listings(s3):
    for prefix in ("", "src", "src/"):
        s3.list_objects_v2(Bucket="si1p1", Prefix=prefix, Delimiter="/")


def test_subcommands_by_boto3_and_twice(s3):
    task(s3)
    listings(s3)
    verdict = practice.check("s3-1")
    assert verdict.ok and verdict.text == "si1p1 tiene src/user_rest.py, y se ha listado entero, con src y con src/."
    assert practice.check("s3-1") == verdict


def test_subcommands_by_the_resources_of_boto3(s3):
    task(s3)
    for prefix in ("", "src", "src/"):
        assert list(boto3.resource("s3").Bucket("si1p1").objects.filter(Prefix=prefix))
    assert practice.check("s3-1").ok


@pytest.mark.slow
def test_subcommands_by_the_terminal(s3):
    aws("mb", "s3://si1p1")
    aws("cp", str(FILE), "s3://si1p1/src/user_rest.py")
    for address in ("s3://si1p1", "s3://si1p1/src", "s3://si1p1/src/"):
        aws("ls", address)
    assert practice.check("s3-1").ok and practice.check("s3-1").notes[-1].startswith("Lo que explica")


@pytest.mark.slow
def test_subcommands_of_another_process_count_and_the_memoria_will_need_them(s3, monkeypatch):
    task(s3)
    monkeypatch.setenv("AWS_EXECUTION_ENV", "")
    for address in ("s3://si1p1", "s3://si1p1/src", "s3://si1p1/src/"):
        aws("ls", address)
    verdict = practice.check("s3-1")
    assert verdict.ok and OUTSIDE in verdict.notes


@pytest.mark.parametrize(
    ("done", "found"),
    [
        ([], "No hay ningún bucket «si1p1»."),
        ([lambda s3: s3.create_bucket(Bucket="si1p1")], "En el bucket «si1p1» no está src/user_rest.py; hay: nada."),
        (
            [lambda s3: s3.create_bucket(Bucket="si1p1"), lambda s3: s3.put_object(Bucket="si1p1", Key="user_rest.py")],
            "En el bucket «si1p1» no está src/user_rest.py; hay: user_rest.py.",
        ),
        (
            [task, lambda s3: s3.list_objects_v2(Bucket="si1p1")],
            "Falta listar s3://si1p1/src y s3://si1p1/src/.",
        ),
        (
            [task, listings, lambda s3: s3.delete_object(Bucket="si1p1", Key="src/user_rest.py")],
            "En el bucket «si1p1» no está src/user_rest.py; hay: nada.",
        ),
    ],
)
def test_subcommands_that_are_not_right(done, found, s3):
    for step in done:
        step(s3)
    verdict = practice.check("s3-1")
    assert verdict.ok is False and verdict.text == found and verdict.look_at


def test_after_localstack_has_died_what_was_done_before_does_not_count(s3, cloud):
    task(s3)
    listings(s3)
    cloud._process().kill()
    assert "LocalStack" in practice.check("s3-1").text
    cloud.start()
    task(boto3.client("s3"))
    assert practice.check("s3-1").text.startswith("Falta listar s3://si1p1 y")


@pytest.mark.parametrize("way", ["boto3", "terminal", "object"])
def test_a_download_with_another_name(way, s3):
    task(s3)
    if way == "boto3":
        s3.download_file("si1p1", "src/user_rest.py", str(COPY))
    elif way == "terminal":
        aws("cp", "s3://si1p1/src/user_rest.py", str(COPY))
    else:
        COPY.write_bytes(s3.get_object(Bucket="si1p1", Key="src/user_rest.py")["Body"].read())
    verdict = practice.check("s3-2")
    assert verdict.ok and verdict.text == "build/copia-de-prueba.py es igual que el objeto src/user_rest.py."


def test_a_download_beside_the_original(s3):
    task(s3)
    copy = SOLVED.handlers / COPY.name
    try:
        s3.download_file("si1p1", "src/user_rest.py", str(copy))
        assert practice.check("s3-2").text.startswith("handlers/copia-de-prueba.py es igual")
    finally:
        copy.unlink(missing_ok=True)


def test_a_download_that_is_not_right(s3):
    nothing = practice.check("s3-2")
    assert (nothing.ok, nothing.text, nothing.depends_on) == (False, "No hay ningún bucket «si1p1».", "s3-1")
    s3.create_bucket(Bucket="si1p1")
    assert repr(practice.check("s3-2")) == (
        "✗ s3-2: En el bucket no está src/user_rest.py, que es lo que se descarga. (depende de s3-1)"
    )
    task(s3)
    COPY.write_bytes(FILE.read_bytes())
    nobody = practice.check("s3-2")
    assert nobody.text == "Nadie ha descargado src/user_rest.py del bucket."
    assert "s3 cp" not in nobody.look_at and "download" not in nobody.look_at  # which is what the question asks
    COPY.unlink()
    s3.get_object(Bucket="si1p1", Key="src/user_rest.py")["Body"].read()
    assert practice.check("s3-2").text.endswith("no hay ninguna copia con otro nombre.")
    s3.download_file("si1p1", "src/user_rest.py", str(COPY))
    COPY.write_text("otra cosa")
    assert practice.check("s3-2").ok is False
