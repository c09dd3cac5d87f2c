"""The commands of who teaches: `si1p1 repartir`, which hands out, and `si1p1 corrige`, which marks what comes back."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from helpers.command_line import SpanishHelp, SpanishParser, progress
from helpers.workbook import shown

FOLDER = Path("correccion")
ISOLATED = (
    "Se ejecuta código ajeno, aislado: cada entrega, con su LocalStack, sin red, y sin leer ni escribir nada tuyo."
)
NOT_ISOLATED = (
    "Se ejecuta código ajeno con tu usuario y sin aislar: puede leer y borrar tus archivos, y usar la red. CTRL+C para "
    "pararlo."
)
LIMITS = {
    "--limite": "con --ejecuta: cuánto tiene cada una (600)",
    "--limite-total": "con --ejecuta: cuánto tienen todas (14400, cuatro horas)",
    "--a-la-vez": "con --ejecuta: cuántas se ejecutan a la vez (2)",
}


def repartir(words: Sequence[str]) -> None:
    """Escribe en una carpeta lo que se da a los alumnos: funciona por sí sola y no lleva ninguna solución."""
    parser, options = _parser(
        "repartir", "[--aula] DESTINO", "DESTINO: una carpeta que no exista todavía, fuera de esta."
    )
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--aula", action="store_true", help="con lo que hace de ella la instalación de un JupyterHub")
    from helpers.practice import handout

    given = parser.parse_args(words)
    folder = handout.write(given.folder, given.aula)
    then = (
        f"Ahora, como root: {folder / 'hub' / 'install.sh'} (docs/aula.md)."
        if given.aula
        else "Se entrega con «make entrega», dentro de ella, y se corrige con «si1p1 corrige»."
    )
    print(f"Hecho: {shown(folder)}. {then}")


def corrige(words: Sequence[str]) -> None:
    """Corrige las entregas que se le dan: escribe correccion/, con las notas y una hoja de cada una."""
    parser, options = _parser(
        "corrige",
        "[--continua] [--ejecuta] ENTREGA…",
        "ENTREGA: un zip, una carpeta con varios, o lo que se descarga de Moodle. Sin --ejecuta, no se ejecuta nada de "
        "lo que traen.",
    )
    parser.add_argument("paths", nargs="+", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--continua", action="store_true", help="conserva las notas y las observaciones ya escritas")
    options.add_argument("--ejecuta", action="store_true", help="ejecuta las entregas, que son código ajeno, aisladas")
    options.add_argument("--sin-aislar", action="store_true", help="con --ejecuta: con tu usuario y sin protección")
    for name, limit in (("--limite", "segundos"), ("--limite-total", "segundos"), ("--a-la-vez", "entregas")):
        options.add_argument(name, type=_number, metavar=limit.upper(), help=LIMITS[name])
    given = parser.parse_intermixed_args(words)
    limits = {"limit_s": given.limite, "total_s": given.limite_total, "at_once": given.a_la_vez}
    if not given.ejecuta and (given.sin_aislar or any(limits.values())):
        parser.error("sin --ejecuta")
    from helpers.emulator import up_to_date
    from helpers.marking import correction, executed, rerun, summary

    how = None
    if given.ejecuta:
        up_to_date.need()
        if not given.sin_aislar:
            rerun.need_isolation()
        print(NOT_ISOLATED if given.sin_aislar else ISOLATED, flush=True)
        how = executed.How(**{name: limit for name, limit in limits.items() if limit}, isolated=not given.sin_aislar)
    found = correction.mark(given.paths, FOLDER, given.continua, progress, how)
    progress("\n".join(summary.lines(found, FOLDER)), final=True)


def _number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1_000_000:
        raise argparse.ArgumentTypeError(text)
    return int(text)


def _parser(name: str, usage: str, description: str) -> tuple[SpanishParser, argparse._ArgumentGroup]:
    """Return the parser of a command, and its group of options."""
    parser = SpanishParser(
        prog=f"si1p1 {name}",
        add_help=False,
        allow_abbrev=False,
        formatter_class=SpanishHelp,
        usage=f"si1p1 {name} [-h] {usage}",
        description=description,
    )
    options = parser.add_argument_group("opciones")
    options.add_argument("-h", "--help", action="help", help="esta ayuda")
    return parser, options


COMMANDS = {"repartir": repartir, "corrige": corrige}
