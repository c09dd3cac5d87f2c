"""The hints of section 3."""

HINTS: dict[str, tuple[str, ...]] = {
    "s3-1": (
        "Cada orden de awslocal s3 acaba en una o varias operaciones de S3, y el cuaderno guarda las que llegan.",
        "tables.calls(lab.calls()) las enseña en el orden en que se han hecho. Fíjate en la columna «Con qué».",
        "Compara las tres de ls: es la misma operación con distinto prefijo. ¿Qué claves empiezan por `src`, y qué "
        "hace el delimitador con ellas?",
    ),
    "s3-2": (
        "La orden que ha subido el archivo sirve también en el otro sentido.",
        "awslocal s3 cp tiene un origen y un destino: si el destino es un archivo, su nombre es el que tú le des.",
        "El origen es s3://si1p1/ y la clave del objeto. El destino, un archivo de build/ que todavía no exista.",
    ),
}
