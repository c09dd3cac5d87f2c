"""What CloudWatch Logs refuses (pages of its operations in the Amazon CloudWatch Logs API Reference)."""

from helpers.session.refusals.common import AGAIN
from helpers.session.refusals.rule import Rule

RULES = {
    "ResourceNotFoundException": (
        Rule(
            "No hay nada que borrar: ese grupo de registro no existe. Seguramente esta celda ya se ha ejecutado: sigue "
            "con la siguiente; si no, revisa el nombre.",
            r"log group",
            "DeleteLogGroup$",
        ),
        Rule(
            "Ese grupo de registro no existe. Lambda lo crea la primera vez que la función se ejecuta: llama a la "
            "función y repite esta celda, o revisa el nombre, que es /aws/lambda/ y el de la función.",
            r"log group",
        ),
        Rule(
            "Ese flujo de registro no existe en el grupo. Los que hay se ven con logs.describe_log_streams(…), y "
            "cambian cada vez que se crea la función: ejecuta otra vez la celda que los lee y repite esta celda.",
            r"log stream",
        ),
        Rule(f"AWS no encuentra lo que se le pide. {AGAIN}"),
    ),
    "ResourceAlreadyExistsException": (
        Rule(
            "Ya existe, y AWS no lo crea otra vez. Seguramente esta celda ya se ha ejecutado: sigue con la siguiente. "
            "Para volver a empezar la sección, ejecuta {first}."
        ),
    ),
    "OperationAbortedException": (
        Rule("Otra petición está cambiando el mismo grupo. Espera unos segundos y repite esta celda."),
    ),
}
