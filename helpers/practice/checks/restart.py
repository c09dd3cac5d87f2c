"""The check of section 4 on what a restart loses."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from helpers.emulator.journal import Entry, Kind
from helpers.practice.checkpoints import BUCKET, CHECKPOINTS
from helpers.practice.checks import of
from helpers.practice.checks.aws_lambda import URL, name_in
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import READERS, Missing

type Resource = tuple[str, str]  # its service, and its name

READS = ("List", "Get", "Head", "Invoke")
WORDS = {"lambda": "la función", "s3": "el bucket"}


@dataclass
class Restart:
    """A stop of LocalStack and what came until the next one.

    `had` is what there was; `hooked`, what LocalStack's own start has made again; `remade`, that and what others have
    made since; `looks`, the calls that have asked for something lost before it was made again.
    """

    had: set[Resource]
    hooked: set[Resource] = field(default_factory=set)
    remade: set[Resource] = field(default_factory=set)
    looks: list[Entry] = field(default_factory=list)
    has_started: bool = False


@of("borrado-1")
def lost(evidence: Evidence) -> str:
    """Check that LocalStack has been restarted with something in it, and that somebody has looked at what was left."""
    restarts = restarts_in(evidence.entries)
    if not restarts:
        died = evidence.entries and evidence.entries[0].kind is Kind.START
        raise Missing(
            "LocalStack terminó por sí solo, y no por un reinicio; lo anterior no cuenta."
            if died
            else "LocalStack no se ha reiniciado desde que se abrió la sección.",
            "Reinícialo con lab.restart(), o con si1p1 restart en un terminal.",
        )
    with_something = [one for one in restarts if one.had - one.hooked]
    if not with_something:
        raise Missing(
            "Al reiniciar LocalStack no quedaba nada que perder: ni la función ni el bucket.",
            "Vuelve a crearlos antes de reiniciar.",
        )
    seen = next((one for one in with_something if one.looks), None)
    if seen is None:
        last = with_something[-1]
        again = f" antes de volver a crear {named(last.remade - last.hooked)}" if last.remade - last.hooked else ""
        raise Missing(
            f"Se ha reiniciado LocalStack con {named(last.had)}, pero{again} nadie ha mirado qué queda.",
            "Después de reiniciar, pide la lista de buckets y la de funciones, o la función por su nombre.",
        )
    evidence.made_here([look for look in seen.looks if look.kind is Kind.CALL])
    evidence.notes.append(READERS)
    looks = ", ".join(dict.fromkeys(f"{one.name} ({one.error})" if one.error else one.name for one in seen.looks))
    hooked = set[Resource]().union(*(one.hooked for one in restarts))
    avoided = f" Al arrancar, un programa de ready.d ha vuelto a crear {named(hooked)}." if hooked else ""
    return f"Se ha reiniciado con {named(seen.had)}, y se ha mirado qué queda: {looks}.{avoided}"


def restarts_in(entries: Iterable[Entry]) -> list[Restart]:
    """Return the restarts, oldest first; `lab.open` leaves the bucket, unless LocalStack has died since."""
    restarts: list[Restart] = []
    there: set[Resource] = set()
    for at, entry in enumerate(entries):
        if at == 0 and entry.kind is not Kind.START:
            there = {("s3", BUCKET)}
        if entry.kind is Kind.SECTION and CHECKPOINTS.get(entry.name):  # the cloud is another section's from now on
            there = set()
            if restarts:
                restarts[-1].remade |= restarts[-1].had
        elif entry.kind is Kind.STOP:
            restarts.append(Restart(there))
            there = set()
        elif entry.kind is Kind.START and restarts:
            restarts[-1].has_started = True
        elif made := resource_of(entry, "Create"):
            there.add(made)
            if restarts:
                restarts[-1].remade.add(made)
                if not restarts[-1].has_started:
                    restarts[-1].hooked.add(made)
        elif gone := resource_of(entry, "Delete"):
            there.discard(gone)
        elif restarts and is_read(entry, {service for service, _ in restarts[-1].had - restarts[-1].remade}):
            restarts[-1].looks.append(entry)
    return restarts


def resource_of(entry: Entry, verb: str) -> Resource | None:
    """Return the function or bucket that a call has created or deleted, if it has."""
    if entry.failed:
        return None
    if entry.name == f"{verb}Function":
        return "lambda", name_in(entry)
    return ("s3", str(entry.parameters["Bucket"])) if entry.name == f"{verb}Bucket" else None


def is_read(entry: Entry, services: set[str]) -> bool:
    """Tell whether somebody asks one of the services, or a function by its URL."""
    if entry.function:
        return False
    if entry.kind is Kind.REQUEST:
        return entry.service == URL and "lambda" in services
    return entry.service in services and entry.name.startswith(READS)


def named(resources: set[Resource]) -> str:
    """Return the words for some resources."""
    return " y ".join(f"{WORDS[service]} «{name}»" for service, name in sorted(resources))
