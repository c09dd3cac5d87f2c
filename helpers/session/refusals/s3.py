"""What S3 refuses (page "Error responses" of the Amazon S3 API Reference)."""

from helpers.session.refusals.common import AGAIN
from helpers.session.refusals.rule import REPEAT, Rule, all_of

EXISTS = (
    Rule(
        "Ya existe, y AWS no lo crea otra vez. Seguramente esta celda ya se ha ejecutado: sigue con la siguiente. Para "
        "volver a empezar la sección, ejecuta {first}."
    ),
)
PARTS = (
    "S3 no puede unir las partes de lo que se subía: faltan, están en otro orden, o ya se canceló. Súbelo otra vez "
    "entero, con s3.upload_file(…)."
)
NOT_USED = "La práctica no lo usa: quita el parámetro que lo pide y repite esta celda."

RULES = {
    "NoSuchBucket": (
        Rule(
            "No hay nada que borrar: el bucket «{BucketName}» no existe. Seguramente esta celda ya se ha ejecutado: "
            "sigue con la siguiente; si no, revisa el nombre.",
            operation="DeleteBucket$",
        ),
        Rule(f"No existe el bucket «{{BucketName}}». {AGAIN}"),
    ),
    "NoSuchKey": (Rule(f"No existe el objeto «{{Key}}». {AGAIN}"),),
    "404": (Rule(f"No existe ese objeto, o no existe su bucket. {AGAIN}"),),
    "BucketAlreadyExists": EXISTS,
    "BucketAlreadyOwnedByYou": EXISTS,
    "BucketNotEmpty": (
        Rule(
            "El bucket «{BucketName}» todavía tiene objetos, y S3 solo borra los vacíos. Bórralos antes, o usa "
            "!awslocal s3 rb --force s3://{BucketName}, que borra los dos."
        ),
    ),
    "InvalidBucketName": (
        Rule(
            "«{BucketName}» no puede ser el nombre de un bucket: se esperaban de 3 a 63 letras minúsculas, cifras, "
            f"puntos y guiones, sin mayúsculas ni _. Corrígelo {REPEAT}"
        ),
    ),
    **all_of(
        "Esa región no vale para crear el bucket: en us-east-1, la de la práctica, no se dice ninguna. Quita "
        f"CreateBucketConfiguration {REPEAT}",
        "InvalidLocationConstraint",
        "IllegalLocationConstraintException",
    ),
    "InvalidRange": (
        Rule(f"El objeto tiene {{ActualObjectSize}} bytes, y Range pide otros. Corrígelo, o quítalo, {REPEAT}"),
    ),
    "EntityTooLarge": (Rule("El objeto es demasiado grande para subirlo de una vez. Usa s3.upload_file(…)."),),
    "KeyTooLongError": (Rule(f"La clave es demasiado larga: se esperaban 1.024 bytes como mucho. Acórtala {REPEAT}"),),
    "MalformedXML": (
        Rule(f"Lo que se manda a S3 no tiene la forma que se espera; quizá está vacío. Corrígelo {REPEAT}"),
    ),
    "MethodNotAllowed": (Rule(f"S3 no admite esa operación con ese recurso. Revisa el nombre {REPEAT}"),),
    "NoSuchVersion": (Rule(f"No existe esa versión del objeto. Quita VersionId {REPEAT}"),),
    "TooManyBuckets": (Rule("Hay demasiados buckets en la cuenta. Borra los que no uses y repite esta celda."),),
    "OperationAborted": (
        Rule("Otra petición está cambiando el mismo bucket. Espera unos segundos y repite esta celda."),
    ),
    **all_of(
        "Lo que ha llegado a S3 no es lo que se dice que se manda (su tamaño o su resumen). Repite esta celda.",
        "BadDigest",
        "MissingContentLength",
        "XAmzContentSHA256Mismatch",
    ),
    **all_of(
        "El objeto no cumple la condición de la petición (If-Match o If-None-Match), así que S3 no ha hecho nada. "
        f"Quita la condición, o lee antes el objeto, {REPEAT}",
        "PreconditionFailed",
        "412",
    ),
    **all_of(PARTS, "EntityTooSmall", "InvalidPart", "InvalidPartOrder", "NoSuchUpload", "TooManyParts"),
    **all_of(
        f"S3 no puede dar o guardar el objeto así, por su archivo o su cifrado. {NOT_USED}",
        "EncryptionTypeMismatch",
        "InvalidObjectState",
        "InvalidWriteOffset",
        "ObjectNotInActiveTierError",
    ),
    **all_of(
        f"S3 no acepta esta petición: lo que se pide no encaja con el resto de sus parámetros. Corrígela {REPEAT}",
        "InvalidRequest",
    ),
    **all_of(
        'El bucket está en otra región, o en otra dirección. Crea otra vez el cliente con boto3.client("s3"), '
        f"después de {{first}}, {REPEAT}",
        "PermanentRedirect",
        "301",
    ),
}
