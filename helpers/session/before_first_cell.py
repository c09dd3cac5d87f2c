"""An IPython extension for the kernels of this lab: until a section is opened, say that its first cell comes first.

It imports nothing more until something goes wrong, and adds no name to those that the cells see. The kernel of any
other notebook, and of these ones elsewhere, is an ordinary one.
"""

from types import TracebackType

from IPython.core.interactiveshell import InteractiveShell

from helpers.errors import FirstCellMissing


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Explain errors from the start; `lab.open` does it anew."""
    from helpers.session import this_notebook

    if this_notebook.section() is None:
        return
    # IPython's type hints describe its decorators before they are applied.
    shell.register_magic_function(_comandos, magic_kind="cell", magic_name="comandos")  # type: ignore[call-arg, arg-type]
    shell.set_custom_exc((Exception,), _show)


def _comandos(_line: str, _cell: str) -> None:
    from helpers.session import this_notebook

    raise FirstCellMissing(f"%%comandos todavía no está. {this_notebook.first_cell_comes_first()}")


def _show(
    shell: InteractiveShell,
    etype: type[BaseException],
    value: BaseException,
    tb: TracebackType,
    tb_offset: int | None = None,
) -> None:
    from helpers.session import cell_errors

    cell_errors.show(shell, etype, value, tb, tb_offset)
