"""Expected errors: shown when they come, an error in words when they do not."""

import boto3
import pytest

from helpers import evidence
from helpers.errors import EvidenceError, Si1p1Error


def test_the_expected_error_is_shown_with_aws_words(cloud, capsys):
    with evidence.expected_error("NoSuchBucket") as error:
        boto3.client("s3").list_objects_v2(Bucket="si1p1")
    assert (error.code, error.operation, error.status_code) == ("NoSuchBucket", "ListObjectsV2", 404)
    assert "ListObjectsV2 → NoSuchBucket (HTTP 404)" in capsys.readouterr().out
    assert '<div class="expected-error"' in error._repr_html_()


def test_a_call_that_works_is_not_evidence(cloud):
    refused = pytest.raises(EvidenceError, match="Se esperaba el error NoSuchBucket y la llamada ha funcionado")
    with refused, evidence.expected_error("NoSuchBucket"):
        boto3.client("s3").list_buckets()


def test_another_error_is_not_evidence(cloud):
    refused = pytest.raises(EvidenceError, match=r"Se esperaba el error Otro o Más y AWS ha respondido .*NoSuchBucket")
    with refused as told, evidence.expected_error("Otro", "Más"):
        boto3.client("s3").list_objects_v2(Bucket="si1p1")
    assert 'Si es el que buscas, escribe expected_error("NoSuchBucket")' in str(told.value)


def test_errors_of_this_project_are_one_paragraph_in_a_notebook():
    assert Si1p1Error("Haz esto.")._render_traceback_() == ["Si1p1Error: Haz esto."]
