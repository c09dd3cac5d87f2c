"""Section 6's checks of the table and its items: nothing done, each right way, and mistakes told by their own words."""

import contextlib
import random

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from practice_table import PIPO, create_table, put, put_refused, survey

from helpers import lab, practice
from helpers.emulator import journal
from helpers.emulator.journal import Entry, Kind
from helpers.practice.checks.evidence import OUTSIDE, Evidence
from helpers.practice.checks.verdict import READERS, Unknown
from helpers.session import cell_errors

QUESTIONS = ["tabla-1", "insertar-1", "lectura-1", "lectura-2", "lambda-dynamo-1", "lambda-dynamo-2", "get-1", "get-2"]
ITEMS = QUESTIONS[:4]


@pytest.fixture
def dynamodb(emulator):
    """A client in the section, just opened, as far as these questions go."""
    emulator.start()
    client = boto3.client("dynamodb")
    if "si1p1" in client.list_tables()["TableNames"]:
        client.delete_table(TableName="si1p1")
    journal.append(emulator.folder, Entry(Kind.SECTION, journal.now_ms(), "dynamodb"))
    return client


@pytest.fixture
def table(dynamodb):
    create_table(dynamodb)
    return dynamodb


def text_of(question):
    """Return what the check does not find."""
    verdict = practice.check(question)
    assert verdict.ok is False, verdict
    return verdict.text


def read(client, user="pipo"):
    return client.get_item(TableName="si1p1", Key={"User": {"S": user}})


def test_nothing_done(cloud):
    for open_it in (lambda: None, lambda: lab.open("dynamodb")):
        open_it()
        before = survey()
        assert {text_of(one) for one in QUESTIONS} == {"No hay ninguna tabla «si1p1»."}
        causes = [practice.check(one).depends_on for one in QUESTIONS]
        assert causes == ["", *["tabla-1"] * 7] and survey() == before


def test_with_the_table_alone(cloud):
    lab.open("dynamodb")
    create_table(boto3.client("dynamodb"))
    assert practice.check("tabla-1").text == "La tabla si1p1 declara el tipo de User (S), y su clave es User (HASH)."
    assert practice.check("tabla-1").notes == (READERS,)
    assert [text_of(one) for one in QUESTIONS[1:]] == [
        "Nadie ha intentado insertar un item sin User.",
        "Nadie ha leído un item por su clave.",
        "Ningún usuario se ha insertado dos veces.",
        "No hay ninguna función «user_lambda_dynamo».",
        "Nadie ha hecho POST de /user/user2 en el API.",
        "No hay ninguna función «user_get_lambda_dynamo».",
        "Nadie ha hecho GET de /user/ y un usuario en el API.",
    ]
    assert all(practice.check(one).look_at for one in QUESTIONS[1:])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"key": {"user": "HASH"}}, "La clave de la tabla «si1p1» es user (HASH), y se pide User (HASH)."),
        (
            {"key": {"User": "HASH", "Email": "RANGE"}},
            "La clave de la tabla «si1p1» es User (HASH), Email (RANGE), y se pide User (HASH).",
        ),
        ({"type": "N"}, "El tipo de User es N, y se pide una cadena."),
        ({"units": 1}, "La tabla «si1p1» tiene una capacidad de 1 de lectura y 1 de escritura; se piden 5 y 5."),
        ({"units": 0}, "La tabla «si1p1» tiene una capacidad de 0 de lectura y 0 de escritura; se piden 5 y 5."),
    ],
)
def test_a_table_that_is_not_right(changes, found, dynamodb):
    create_table(dynamodb, **changes)
    assert text_of("tabla-1") == found
    others = [practice.check(one).depends_on for one in QUESTIONS[1:]]
    assert others == ([""] * 7 if "units" in changes else ["tabla-1"] * 7)
    dynamodb.delete_table(TableName="si1p1")
    create_table(dynamodb)
    assert practice.check("tabla-1").ok


def done(client):
    """Do it as the notebook does, with its experiments."""
    put(client, User="uno", Dato="10")
    client.delete_item(TableName="si1p1", Key={"User": {"S": "uno"}})
    put(client, **PIPO)
    put_refused(client, Email="nadie@ss.com")
    put(client, User="pepa")
    read(client)
    put(client, User="pipo")
    client.scan(TableName="si1p1")
    client.update_item(
        TableName="si1p1",
        Key={"User": {"S": "pipo"}},
        UpdateExpression="SET Email = :email",
        ExpressionAttributeValues={":email": {"S": "pipo@ss.com"}},
    )


def test_done_in_any_order_and_twice_and_nothing_changes(table):
    done(table)
    before = survey()
    order = ITEMS * 2
    random.Random(6).shuffle(order)  # noqa: S311
    verdicts = {}
    for question in order:
        verdict = practice.check(question)
        assert verdict.ok and verdicts.setdefault(question, verdict) == verdict and OUTSIDE not in verdict.notes
    refused = "ValidationException: One or more parameter values were invalid: Missing the key User in the item"
    assert verdicts["insertar-1"].text == f"Sin User se rechaza ({refused}), y sin Email se acepta, como pepa."
    assert verdicts["lectura-1"].text == (f"Sin User se rechaza ({refused}); en la tabla, los que hay lo tienen: 2.")
    assert verdicts["lectura-2"].text == (
        "pipo, que tenía Email, se ha insertado otra vez sin él: se acepta, y el item que había se sustituye."
    )
    assert survey() == before


def test_inserting_step_by_step(table):
    put(table, User="uno", Dato="10")
    table.delete_item(TableName="si1p1", Key={"User": {"S": "uno"}})
    for attributes, reason in (({"User": "", "Email": "a@b.es"}, "empty string"), ({"User": 3}, "Type mismatch")):
        put_refused(table, **attributes)
        assert text_of("insertar-1").startswith("Se ha rechazado un item, pero no por faltarle User: One or more")
        assert reason in text_of("insertar-1")
    with contextlib.suppress(ClientError):
        table.put_item(TableName="otra", Item={"Email": {"S": "a@b.es"}})
    assert text_of("insertar-1").startswith("Se ha rechazado un item, pero no por")
    put_refused(table, Email="nadie@ss.com")
    put(table, **PIPO)
    put(table, User="pepa", Email="")
    assert text_of("insertar-1") == "Sin User se rechaza, pero no se ha insertado ningún item sin Email."
    put(table, User="pepe")
    table.delete_item(TableName="si1p1", Key={"User": {"S": "pepe"}})
    assert practice.check("insertar-1").text.endswith("sin Email se acepta, como pepe.")


def test_what_is_done_in_another_table_does_not_count(table):
    create_table(table, name="otra")
    with pytest.raises(ClientError):
        table.put_item(TableName="otra", Item={"Email": {"S": "a@b.es"}})
    table.get_item(TableName="otra", Key={"User": {"S": "pipo"}})
    table.delete_table(TableName="otra")
    assert text_of("insertar-1") == "Nadie ha intentado insertar un item sin User."
    assert text_of("lectura-1") == "Nadie ha leído un item por su clave."


def test_a_table_made_again_is_empty(table):
    put(table, **PIPO)
    table.delete_table(TableName="si1p1")
    create_table(table)
    put(table, User="pipo")
    table.scan(TableName="si1p1")
    assert text_of("lectura-2") == "Se ha insertado sin Email pipo, que no estaba en la tabla."


def test_inserting_as_the_handout_spells_it(table):
    put(table, User="pipo", EMail="pipo@ss.com")
    put_refused(table, EMail="pipo@ss.com")
    assert text_of("insertar-1") == "Sin User se rechaza, pero no se ha insertado ningún item sin Email."
    put(table, User="pepa")
    assert practice.check("insertar-1").notes == ("Hay items con EMail: para DynamoDB no es el atributo Email.",)


@pytest.mark.parametrize(
    "refuse",
    [
        lambda client: boto3.resource("dynamodb").Table("si1p1").put_item(Item={"Email": "a@b.es"}),
        lambda client: client.put_item(TableName="si1p1", Item={}),
        lambda client: client.batch_write_item(
            RequestItems={"si1p1": [{"PutRequest": {"Item": {"Email": {"S": "a@b.es"}}}}]}
        ),
        lambda client: client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "si1p1", "Item": {"Email": {"S": "a@b.es"}}}}]
        ),
        lambda client: client.execute_statement(Statement="INSERT INTO \"si1p1\" VALUE {'Email': 'a@b.es'}"),
    ],
    ids=["resource", "nothing", "batch", "transaction", "PartiQL"],
)
def test_other_ways_of_inserting(refuse, table):
    with pytest.raises(ClientError):
        refuse(table)
    table.update_item(
        TableName="si1p1",
        Key={"User": {"S": "pepa"}},
        UpdateExpression="SET Edad = :edad",
        ExpressionAttributeValues={":edad": {"N": "20"}},
    )
    assert practice.check("insertar-1").text.endswith("como pepa.")


def test_reading_step_by_step(table):
    put(table, **PIPO)
    put_refused(table, Email="nadie@ss.com")
    table.scan(TableName="si1p1")
    assert text_of("lectura-1") == "Nadie ha leído un item por su clave."
    with pytest.raises(ClientError):
        table.get_item(TableName="si1p1", Key={"User": {"S": "pipo"}, "Email": {"S": "pipo@ss.com"}})
    assert text_of("lectura-1") == "get_item se ha rechazado: The provided key element does not match the schema."
    read(table)
    assert practice.check("lectura-1").text.endswith("los que hay lo tienen: 1.")


def test_reading_before_trying_to_insert_and_by_a_query(table):
    table.query(
        TableName="si1p1",
        KeyConditionExpression="#u = :u",
        ExpressionAttributeNames={"#u": "User"},
        ExpressionAttributeValues={":u": {"S": "pipo"}},
    )
    assert text_of("lectura-1") == "Nadie ha intentado insertar un item sin User."
    put_refused(table, Email="nadie@ss.com")
    assert practice.check("lectura-1").ok


def test_the_same_user_step_by_step(table):
    put(table, User="pepa")
    assert text_of("lectura-2") == "Se ha insertado sin Email pepa, que no estaba en la tabla."
    put(table, User="pepa")
    read(table, "pepa")
    assert text_of("lectura-2") == "Se ha insertado otra vez pepa, pero no se le ha quitado ningún Email."
    table.delete_item(TableName="si1p1", Key={"User": {"S": "pepa"}})
    put(table, **PIPO)
    with pytest.raises(ClientError):
        table.put_item(
            TableName="si1p1",
            Item={"User": {"S": "pipo"}},
            ConditionExpression="attribute_not_exists(#u)",
            ExpressionAttributeNames={"#u": "User"},
        )
    table.delete_item(TableName="si1p1", Key={"User": {"S": "pipo"}})
    put(table, User="pipo")
    table.scan(TableName="si1p1")
    assert practice.check("lectura-2").ok is False
    put(table, **PIPO)
    put(table, **PIPO)
    read(table)
    assert text_of("lectura-2") == "Se ha insertado otra vez pepa, pipo, pero no se le ha quitado ningún Email."
    put(table, User="pipo")
    read(table, "pepa")
    assert text_of("lectura-2") == "pipo se ha insertado otra vez sin Email, pero después nadie ha leído la tabla."
    read(table)
    assert practice.check("lectura-2").ok


def test_the_same_user_changed_by_an_update(table):
    put(table, **PIPO)
    table.update_item(TableName="si1p1", Key={"User": {"S": "pipo"}}, UpdateExpression="REMOVE Email")
    assert text_of("lectura-2") == "pipo se ha cambiado con update_item, que no inserta el item."
    put(table, User="pipo")
    table.scan(TableName="si1p1")
    assert text_of("lectura-2") == "Se ha insertado otra vez pipo, pero no se le ha quitado ningún Email."


@pytest.mark.parametrize("way", ["update", "batch", "old values"])
def test_other_ways_of_the_same_user(way, table):
    email = {":email": {"S": "a@b.es"}}
    key = {"User": {"S": "ana"}}
    if way == "update":
        table.update_item(
            TableName="si1p1",
            Key=key,
            UpdateExpression="SET Email = :email",
            ExpressionAttributeValues=email,
        )
        table.put_item(TableName="si1p1", Item=key | {"Ciudad": {"S": "Madrid"}})
        table.scan(TableName="si1p1")
    elif way == "batch":
        with boto3.resource("dynamodb").Table("si1p1").batch_writer() as batch:
            batch.put_item(Item={"User": "ana", "Email": "a@b.es"})
        with boto3.resource("dynamodb").Table("si1p1").batch_writer() as batch:
            batch.put_item(Item={"User": "ana"})
        table.execute_statement(Statement='SELECT * FROM "si1p1"')
    else:
        put(table, User="ana", Email="a@b.es")
        table.put_item(TableName="si1p1", Item=key, ReturnValues="ALL_OLD")
    assert practice.check("lectura-2").text.startswith("ana, que tenía Email,")


def test_a_statement_that_is_not_given_reads_nothing(table):
    unchecked = boto3.client("dynamodb", config=Config(parameter_validation=False))
    with pytest.raises(unchecked.exceptions.ClientError):
        unchecked.execute_statement(Parameters=[{"S": "si1p1"}])
    assert practice.check("lectura-1").ok is False


def test_without_a_journal_the_table_is_enough_for_its_own_question_alone(table, monkeypatch):
    done(table)

    def unknown(_):
        raise Unknown("no se sabe")

    monkeypatch.setattr(Evidence, "entries", property(unknown))
    assert practice.check("tabla-1").ok
    assert [practice.check(one).ok for one in ITEMS[1:]] == [None] * 3


@pytest.mark.slow
def test_after_localstack_has_died_what_was_done_before_does_not_count(table, emulator):
    cell_errors.install()  # as the first cell of a notebook does: it gives the checks their words for errors
    done(table)
    emulator._process().kill()
    assert {practice.check(one).ok for one in ITEMS} == {False} and "LocalStack" in text_of("tabla-1")
    emulator.start()
    create_table(boto3.client("dynamodb"))
    put(boto3.client("dynamodb"), User="pipo")
    assert text_of("insertar-1") == "Nadie ha intentado insertar un item sin User."
    assert text_of("lectura-2") == "Se ha insertado sin Email pipo, que no estaba en la tabla."


def test_what_another_process_did_counts_and_the_memoria_will_need_it(table, monkeypatch):
    monkeypatch.setenv("AWS_EXECUTION_ENV", "")
    client = boto3.session.Session().client("dynamodb")
    done(client)
    assert [OUTSIDE in practice.check(one).notes for one in ITEMS] == [False, True, True, True]
