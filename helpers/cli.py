"""The `si1p1` command, in Spanish: LocalStack, JupyterLab, the memoria and the entrega."""

import argparse
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from helpers import workbook
from helpers.command_line import SpanishHelp, SpanishParser, progress
from helpers.errors import MemoriaError, Si1p1Error
from helpers.marking import command as marking
from helpers.workbook import INSTALLATION, PRACTICE, PRIVATE_UMASK, SOLVED, Workbook, containing, shown

if TYPE_CHECKING:
    from helpers.emulator.process import Status


def start() -> None:
    """Arranca LocalStack (o usa el que ya esté en marcha)."""
    from helpers.emulator import instance

    show(instance.start(on_wait=waiting("Arrancando LocalStack")))


def stop() -> None:
    """Para el LocalStack que arrancó este cuaderno."""
    from helpers.emulator import instance

    show(instance.from_environment().stop())


def restart() -> None:
    """Lo para y lo vuelve a arrancar, vacío."""
    from helpers.emulator import instance

    show(instance.from_environment().restart(on_wait=waiting("Arrancando LocalStack")))


def status() -> None:
    """Dice qué hay en marcha."""
    from helpers.emulator import instance

    show(instance.from_environment().status())


def lab() -> None:
    """Abre JupyterLab con LocalStack en marcha; CTRL+C para los dos."""
    from helpers.emulator import instance
    from helpers.session import jupyter_server
    from helpers.session.aws import use

    chosen = workbook.current()
    chosen.notebook_files()
    # Treated as CTRL+C, so that closing the terminal also ends what this command has started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    was_running = instance.from_environment().status().answers
    try:
        found = instance.start(on_wait=waiting("Arrancando LocalStack"))
        show(found)
        use(found.url)
        jupyter_server.serve(chosen)
    finally:
        if was_running:
            remind_of_localstack()
        else:
            show(instance.from_environment().stop())


def memoria() -> None:
    """Ejecuta los cuadernos y escribe build/memoria.pdf."""
    from helpers.practice import delivery as handed_in

    make_memoria()
    if missing := handed_in.missing(workbook.current()):
        print(f"Antes de entregarla: {' '.join(missing)}")
    remind_of_localstack()


def make_memoria() -> None:
    """Execute the notebooks and write the PDF, showing the progress."""
    Thread(target=start_quietly, daemon=True).start()  # while the rest is imported
    from helpers.memoria import build

    print("Ejecutando los cuadernos:", flush=True)
    pdf = build.make(workbook.current(), cell_progress, on_export=say_export)
    print(f"Hecho: {shown(pdf)}")


def say_export() -> None:
    """Say that the notebooks are done and the PDF is being made."""
    print("Componiendo el PDF…", flush=True)


def remind_of_localstack() -> None:
    """If this workbook's LocalStack is running, say that it stays so and how to stop it."""
    from helpers.emulator import instance
    from helpers.emulator.process import State

    if instance.from_environment().status().state is State.RUNNING:
        print("LocalStack sigue en marcha, para la próxima vez; se para con «si1p1 stop» (make stop).")


def start_quietly() -> None:
    """Start LocalStack, ignoring errors: the first notebook will meet and report them."""
    from helpers.emulator import instance

    with contextlib.suppress(Si1p1Error):
        instance.start()


def entrega(draft: bool = False, on_purpose: bool = False) -> None:
    """Dice qué falta, y si nada falta escribe build/entrega.zip (--borrador, en todo caso)."""
    from helpers.practice import delivery

    chosen = workbook.current()
    if not on_purpose:
        delivery.refuse_solved(chosen)
    Thread(target=start_quietly, daemon=True).start()  # while the rest is imported
    from helpers.memoria import build

    print("Ejecutando los cuadernos; si una celda falla, se sigue con la siguiente:", flush=True)
    made = build.hand_in(
        chosen,
        cell_progress,
        on_review=lambda found: print(f"\n{found.table()}\n", flush=True),
        on_export=say_export,
        draft=draft,
    )
    remind_of_localstack()
    print(delivery.last_line(made, shown(made), draft))


def practica(folder: Path = PRACTICE) -> None:
    """Escribe en CARPETA, o en «practica», tus cuadernos, sin las respuestas, y tus funciones."""
    from helpers.practice import edition

    written = edition.write(folder.resolve())
    name = shown(folder.resolve())
    print(f"Hecho: {name}, con {len(written)} archivos. Para trabajar con ellos: {_how_to_use(folder)}.")


def actualiza(folder: Path | None = None) -> None:
    """Trae a una práctica empezada lo nuevo de la edición, y dice qué ha hecho."""
    from helpers.practice import update, update_report

    chosen = choose(folder)
    print("\n".join(update_report.lines(chosen, update.update(chosen))))


def _how_to_use(folder: Path) -> str:
    """Return how to work on the workbook in `folder`; the default one need not be named."""
    name = "" if folder.resolve() == PRACTICE else shlex.quote(shown(folder.resolve()))
    given, made = (f" {name}", f" CARPETA={name}") if name else ("", "")
    return f"si1p1 lab{given} (make lab{made}), y lo mismo con memoria y entrega"


def choose(folder: Path | None) -> Workbook:
    """Return the workbook to use: in `folder`, or around the current folder, or the student's own, or the solved one.

    In the installation's own folder, where `make` runs, the student's own goes before the solved one. Raises
    `MemoriaError` if `folder` is not a workbook.
    """
    if folder:
        given = Workbook(folder.resolve())
        if given.is_there:
            return given
        raise MemoriaError(
            f"En {folder} no hay ningún cuaderno de la práctica: hacen falta sus carpetas «notebooks» y «handlers». "
            "Corrige el nombre, o haz los tuyos con «si1p1 practica»."
        )
    here = containing(Path.cwd())
    if here and here != SOLVED:
        return here
    practice = Workbook(PRACTICE)
    return practice if practice.is_there else SOLVED


def tell(chosen: Workbook) -> None:
    """Say which workbook is used and how to choose another; what is handed out has no other."""
    kind = "los resueltos" if chosen.is_solved else "los tuyos"
    other = PRACTICE.name if chosen == SOLVED else shown(SOLVED.root)
    how = f" Para usar otros, su carpeta detrás de la orden, como «{other}»." if SOLVED.is_solved else ""
    print(f"Cuadernos: {shown(chosen.notebooks, INSTALLATION)} ({kind}).{how}", flush=True)


COMMANDS: dict[str, Callable[..., object]] = {
    "start": start, "stop": stop, "restart": restart, "status": status, "lab": lab, "memoria": memoria,
    "entrega": entrega, "practica": practica,
}  # fmt: skip
OF_A_WORKBOOK = (lab, memoria, entrega)


def main() -> None:
    """Run the command on the command line; errors of this project end it with one paragraph."""
    os.umask(PRIVATE_UMASK)
    try:
        workbook.use_a_writable_home()
        if sys.argv[1:2] and sys.argv[1] in marking.COMMANDS:
            marking.COMMANDS[sys.argv[1]](sys.argv[2:])
        else:
            run()
    except Si1p1Error as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrumpido.")


def run() -> None:
    """Run a command on a workbook or on LocalStack; raises what it does."""
    described = "\n".join(f"  {name:<9} {one.__doc__}" for name, one in {**COMMANDS, **marking.COMMANDS}.items())
    parser = SpanishParser(
        prog="si1p1",
        add_help=False,
        allow_abbrev=False,
        formatter_class=SpanishHelp,
        usage="si1p1 [-h] ORDEN [CARPETA]",
        description=f"Cuaderno de laboratorio: REST API en cloud.\n\nórdenes:\n{described}",
        epilog="CARPETA, con lab, memoria y entrega: la de los cuadernos. Sin ella, los de la carpeta en la que estás, "
        "los de «practica» si existe, o los resueltos.\n"
        "Variables: SI1P1_PORT elige otro puerto que el 4566; AWS_ENDPOINT_URL, un LocalStack ya en marcha.\n"
        f"Proyecto: {INSTALLATION}",
    )
    options = parser.add_argument_group("opciones")
    options.add_argument("command", nargs="?", choices=COMMANDS, help=argparse.SUPPRESS)
    options.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--borrador", action="store_true", help="con entrega: la prepara aunque falte algo")
    options.add_argument("--actualiza", action="store_true", help="con practica: le trae lo nuevo y conserva lo tuyo")
    options.add_argument("-h", "--help", action="help", help="esta ayuda")
    arguments = parser.parse_intermixed_args()
    if arguments.command is None:
        parser.print_help()
        return
    command = COMMANDS[arguments.command]
    if arguments.borrador and command is not entrega:
        parser.error("--borrador")
    if arguments.actualiza and command is not practica:
        parser.error("--actualiza")
    if arguments.actualiza:
        command = actualiza
    if arguments.folder and command not in (*OF_A_WORKBOOK, practica, actualiza):
        parser.error("CARPETA")
    if command in OF_A_WORKBOOK:
        workbook.use(choose(arguments.folder))
        tell(workbook.current())
        asked = {"draft": arguments.borrador, "on_purpose": bool(arguments.folder)} if command is entrega else {}
        command(**asked)
    else:
        command(*([arguments.folder] if arguments.folder else []))


def show(found: "Status") -> None:
    """Print a `Status` of LocalStack."""
    details = [f"LocalStack: {found.state}"]
    if found.answers:
        details.append(f"versión {found.version} en {found.url}")
    if found.log:
        details.append(f"registro: {shown(found.log)}")
    progress("; ".join(details), final=True)


def waiting(what: str) -> Callable[[float], None]:
    """Return a function that shows how long `what` has lasted."""
    return lambda waited_s: progress(f"{what}… {waited_s:.0f} s")


def cell_progress(path: Path, done: int, total: int) -> None:
    """Show the progress of a notebook's execution, which keeps its own line when it ends."""
    progress(f"  {path.stem}: {done} de {total} celdas", final=done == total)


if __name__ == "__main__":
    main()
