"""The checks of section 3."""

from pathlib import Path

from helpers.practice.checkpoints import BUCKET, MICROSERVICE
from helpers.practice.checks import of
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import READERS, Missing
from helpers.workbook import current

KEY = f"src/{MICROSERVICE}"
LISTINGS = {"": f"s3://{BUCKET}", "src": f"s3://{BUCKET}/src", "src/": f"s3://{BUCKET}/src/"}


@of("s3-1")
def subcommands(evidence: Evidence) -> str:
    """Check the bucket with the file, and its three listings."""
    there = evidence.keys()
    if KEY not in there:
        raise Missing(
            f"En el bucket «{BUCKET}» no está {KEY}; hay: {', '.join(there) or 'nada'}.",
            "Copia handlers/user_rest.py con esa clave, con awslocal s3 cp o con upload_file.",
        )
    # boto3's resources list with the first version of the operation.
    listings = [*evidence.calls("ListObjectsV2", Bucket=BUCKET), *evidence.calls("ListObjects", Bucket=BUCKET)]
    seen = {str(call.parameters.get("Prefix", "")) for call in listings}
    if missing := [address for prefix, address in LISTINGS.items() if prefix not in seen]:
        raise Missing(
            f"Falta listar {' y '.join(missing)}.", "Compara lo que responde cada forma, con barra y sin ella."
        )
    evidence.made_here(listings)
    evidence.notes.append(READERS)
    return f"{BUCKET} tiene {KEY}, y se ha listado entero, con src y con src/."


@of("s3-2")
def download(evidence: Evidence) -> str:
    """Check that there is a copy with another name."""
    try:
        original = evidence.object(KEY)
    except Missing as missing:
        raise Missing(missing.found, missing.look_at, "s3-1") from None
    if original is None:
        raise Missing(f"En el bucket no está {KEY}, que es lo que se descarga.", depends_on="s3-1")
    downloads = evidence.calls("GetObject", Bucket=BUCKET, Key=KEY)
    if not downloads:
        raise Missing(
            f"Nadie ha descargado {KEY} del bucket.",
            "La orden que ha subido el archivo sirve también en el otro sentido.",
        )
    workbook = current()
    folders = (workbook.root, workbook.build, workbook.notebooks, workbook.handlers)
    copies = [
        path
        for folder in folders
        for path in folder.glob("*")
        if path.name != MICROSERVICE and is_new(path, downloads[0].at_ms) and path.read_bytes() == original
    ]
    if not copies:
        raise Missing(
            f"{KEY} se ha leído del bucket, pero en la carpeta del cuaderno no hay ninguna copia con otro nombre.",
            "El destino de la descarga puede llevar el nombre que quieras, como build/copia.py.",
        )
    evidence.made_here(downloads)
    return f"{workbook.shown(copies[0])} es igual que el objeto {KEY}."


def is_new(path: Path, since_ms: int) -> bool:
    """Tell whether a file was written since then; by its change time, as `aws` sets the other to the object's."""
    return path.is_file() and path.stat().st_ctime_ns // 1_000_000 >= since_ms
