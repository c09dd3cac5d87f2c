"""A class in one room and collections larger than a page: nothing is lost, and a table of one page says so."""

import boto3
import pytest

from benchmarks import load
from helpers import tables
from helpers.practice.checkpoints import BUCKET, TABLE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def check(sent, found, figures, what):
    lost = load.lost(sent, found)
    figures(what, len(sent), len(sent) - lost)
    assert lost == 0 and found.keys() == sent.keys()


def test_thirty_students_at_once(cloud, figures):
    sent, found = load.class_of(load.STUDENTS, cloud.url)
    assert len(sent) == load.STUDENTS * load.USERS_EACH * 5  # three answers, an object and an item
    check(sent, found, figures, "answers, objects and items of 30 students at once")


def test_ten_thousand_items(cloud, figures):
    check(*load.items(), figures, "items written and scanned")
    page = boto3.client("dynamodb").scan(TableName=TABLE)
    assert 0 < len(page["Items"]) < load.ITEMS and "tiene más" in tables.items(page)._repr_html_()


def test_five_thousand_objects(cloud, figures):
    check(*load.objects(), figures, "objects written and listed")
    page = boto3.client("s3").list_objects_v2(Bucket=BUCKET)
    assert len(page["Contents"]) == 1000 and "tiene más" in tables.objects(page)._repr_html_()


def test_a_thousand_log_events(cloud, figures):
    check(*load.events(), figures, "calls and marks in 1,000 log events")


def test_what_is_lost_is_seen():
    assert load.lost({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3}) == 2
