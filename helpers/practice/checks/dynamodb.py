"""The checks of section 6: the table and its items."""

import contextlib
import itertools
from typing import Any

from helpers.emulator.journal import Entry
from helpers.practice.checkpoints import TABLE
from helpers.practice.checks import of
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.table_calls import (
    READS_BY_KEY,
    has_email,
    history,
    is_put,
    lacks_user,
    puts,
    reads,
    shows,
    user_of,
)
from helpers.practice.checks.verdict import READERS, Missing, Unknown

UNITS = 5  # of reading and of writing, as the handout creates the table
AGAIN = "Borra la tabla con delete_table y créala otra vez."


@of("tabla-1")
def types(evidence: Evidence) -> str:
    """Check the table, whose description says the types."""
    description = practice_table(evidence, "")
    throughput = description["ProvisionedThroughput"]
    reading, writing = throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]
    if (reading, writing) != (UNITS, UNITS):
        raise Missing(
            f"La tabla «{TABLE}» tiene una capacidad de {reading} de lectura y {writing} de escritura; se piden 5 y 5.",
            f"Se dan en ProvisionedThroughput. {AGAIN}",
        )
    with contextlib.suppress(Unknown):
        evidence.made_here(evidence.calls("CreateTable", TableName=TABLE))
    evidence.notes.append(READERS)
    declared = ", ".join(
        f"{one['AttributeName']} ({one['AttributeType']})" for one in description["AttributeDefinitions"]
    )
    return f"La tabla {TABLE} declara el tipo de {declared}, y su clave es User (HASH)."


@of("insertar-1")
def items_without_an_attribute(evidence: Evidence) -> str:
    """Check that an item without User has been refused, and one without Email accepted."""
    practice_table(evidence)
    refusal = refused_without_user(evidence)
    user = accepted_without_email(evidence)
    spelt = {name for item in evidence.items() for name in item if name.lower() == "email"}
    if others := sorted(spelt - {"Email"}):
        evidence.notes.append(f"Hay items con {', '.join(others)}: para DynamoDB no es el atributo Email.")
    return f"Sin User se rechaza ({refusal.error}: {refusal.message}), y sin Email se acepta, como {user}."


@of("lectura-1")
def item_without_user(evidence: Evidence) -> str:
    """Check that the table has been read, and that an item without User has been refused."""
    practice_table(evidence)
    by_key = [entry for entry in evidence.entries if reads(entry, *READS_BY_KEY) and not entry.function]
    if not by_key:
        refused = [entry.message for entry in evidence.calls("GetItem", refused=True, TableName=TABLE)]
        raise Missing(
            f"get_item se ha rechazado: {refused[-1]}." if refused else "Nadie ha leído un item por su clave.",
            "En Key va la clave de la tabla, y nada más." if refused else "Con get_item; scan los enseña todos.",
        )
    evidence.made_here(by_key)
    refusal = refused_without_user(evidence)
    count = len(evidence.items())
    return f"Sin User se rechaza ({refusal.error}: {refusal.message}); en la tabla, los que hay lo tienen: {count}."


@of("lectura-2")
def same_user_without_email(evidence: Evidence) -> str:
    """Check that a user with Email has been put again without it, and looked at afterwards."""
    practice_table(evidence)
    replaced = [
        (at, user_of(item))
        for at, (entry, users) in enumerate(history(evidence.entries))
        if not entry.failed and not entry.function
        for item in puts(entry)
        if users.get(user_of(item)) and not has_email(item)
    ]
    if not replaced:
        raise Missing(*_not_replaced(evidence))
    seen = [(at, user) for at, user in replaced if looked_at(evidence, at, user)]
    if not seen:
        raise Missing(
            f"{replaced[-1][1]} se ha insertado otra vez sin Email, pero después nadie ha leído la tabla.",
            "Mira cómo ha quedado, con get_item o con scan.",
        )
    evidence.made_here([evidence.entries[at] for at, _ in seen])
    return (
        f"{seen[-1][1]}, que tenía Email, se ha insertado otra vez sin él: se acepta, y el item que había se sustituye."
    )


def _not_replaced(evidence: Evidence) -> tuple[str, str]:
    """Return what was done instead of putting a user with Email again without it, and what to look at."""
    again, bare, updated = set[str](), set[str](), set[str]()
    for entry, users in history(evidence.entries):
        if entry.failed or entry.function:
            continue
        again |= {user_of(item) for item in puts(entry)} & users.keys()
        bare |= {user_of(item) for item in puts(entry) if not has_email(item)} - users.keys()
        if entry.name == "UpdateItem":
            updated.add(user_of(entry.parameters.get("Key", {})))
    look_at = "El mismo put_item de antes, con el mismo User y sin el atributo Email."
    if again:
        return f"Se ha insertado otra vez {', '.join(sorted(again))}, pero no se le ha quitado ningún Email.", look_at
    if updated:
        return f"{', '.join(sorted(updated))} se ha cambiado con update_item, que no inserta el item.", look_at
    if bare:
        return f"Se ha insertado sin Email {', '.join(sorted(bare))}, que no estaba en la tabla.", look_at
    return "Ningún usuario se ha insertado dos veces.", look_at


def practice_table(evidence: Evidence, cause: str = "tabla-1") -> dict[str, Any]:
    """Return the description of the table if its key is the practice's; `cause` is the question that creates it."""
    try:
        description = evidence.table()
    except Missing as missing:
        raise Missing(missing.found, missing.look_at, cause) from None
    key = ", ".join(f"{one['AttributeName']} ({one['KeyType']})" for one in description["KeySchema"])
    if key != "User (HASH)":
        raise Missing(f"La clave de la tabla «{TABLE}» es {key}, y se pide User (HASH).", AGAIN, cause)
    declared = {one["AttributeName"]: one["AttributeType"] for one in description["AttributeDefinitions"]}
    if declared["User"] != "S":
        raise Missing(f"El tipo de User es {declared['User']}, y se pide una cadena.", AGAIN, cause)
    return description


def refused_without_user(evidence: Evidence) -> Entry:
    """Return the last call that tried to put an item without User, and was refused for that."""
    refused = [entry for entry in evidence.entries if entry.failed and not entry.function and is_put(entry)]
    found = [entry for entry in refused if lacks_user(entry)]
    if found:
        evidence.made_here(found)
        return found[-1]
    if refused:
        raise Missing(
            f"Se ha rechazado un item, pero no por faltarle User: {refused[-1].message}.",
            "Quita el atributo User entero, no solo su valor.",
        )
    raise Missing(
        "Nadie ha intentado insertar un item sin User.",
        "put_item con otro atributo y sin User. Si boto3 protesta antes de llamar, a un valor le falta su tipo.",
    )


def accepted_without_email(evidence: Evidence) -> str:
    """Return a user that has been accepted without Email.

    Those that were put and deleted before the task's first item, as tabla-1 does, do not count.
    """
    accepted = [
        (entry, item) for entry in evidence.entries if not entry.failed and not entry.function for item in puts(entry)
    ]
    since_task = itertools.dropwhile(lambda one: not has_email(one[1]), accepted)
    bare = {user_of(item): entry for entry, item in since_task if not has_email(item)}
    here = [user_of(item) for item in evidence.items() if not has_email(item)]
    if not here and not bare:
        raise Missing(
            "Sin User se rechaza, pero no se ha insertado ningún item sin Email.",
            "put_item con User y sin el atributo Email; uno vacío también es un Email.",
        )
    evidence.made_here(bare.values())
    return next(iter(bare), "") or here[0]


def looked_at(evidence: Evidence, at: int, user: str) -> bool:
    """Tell whether the item of `user` has been read after the entry number `at`, or as that was answered."""
    return evidence.entries[at].parameters.get("ReturnValues") == "ALL_OLD" or any(
        shows(entry, user) for entry in evidence.entries[at + 1 :]
    )
