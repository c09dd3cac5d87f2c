"""What Lambda refuses (pages of its operations in the AWS Lambda API Reference)."""

from helpers.session.refusals.common import AGAIN, LIMIT
from helpers.session.refusals.rule import REPEAT, Rule, all_of

ROLE = 'Role="arn:aws:iam::000000000000:role/si1"'
WAIT = 'aws_lambda.get_waiter("function_active_v2").wait(FunctionName=…)'
AT_ROLE = r"Value '(?P<rol>[^']*)' at 'role' failed"
NOT_USED = "La práctica no lo usa: quita ese parámetro de la función, o créala otra vez sin él, y repite esta celda."

RULES = {
    "ValidationException": (
        Rule(
            "El rol «{rol}» no está bien escrito: su número de cuenta tiene {cuenta_n} cifras y se esperaban "
            "12. Escribe "
            f"{ROLE} {REPEAT}",
            r"Value '(?P<rol>arn:aws:iam::(?!\d{12}:)(?P<cuenta>\d*):[^']*)' at 'role' failed",
        ),
        Rule(
            "El rol «{rol}» no está bien escrito: se esperaba el ARN de un rol, con un número de cuenta de 12 cifras. "
            f"Escribe {ROLE} {REPEAT}",
            AT_ROLE,
        ),
        Rule(
            "«{nombre}» no puede ser el nombre de una función: se esperaban letras, cifras, guiones y _, sin espacios. "
            f"Corrígelo {REPEAT}",
            r"Value '(?P<nombre>[^']*)' at 'functionName' failed to satisfy constraint: Member must satisfy regular",
        ),
        Rule(
            "AuthType vale «{valor}», y se esperaba NONE (cualquiera puede llamar a la URL) o AWS_IAM, en mayúsculas. "
            f"Corrígelo {REPEAT}",
            r"Value '(?P<valor>[^']*)' at 'authType' failed",
        ),
    ),
    "InvalidParameterValueException": (
        Rule(
            "Lambda no tiene ningún runtime «{valor}»: se esperaba el nombre exacto de uno, como python3.13 o "
            f"nodejs22.x. Corrígelo {REPEAT}",
            r"Value (?P<valor>\S+) at 'runtime' failed",
        ),
        Rule(
            "El código de la función no es un zip, o está vacío o roto: se esperaban los bytes de un zip con el "
            "archivo del handler. Ejecuta otra vez la celda que lo escribe y léelo con Path(…).read_bytes(); después, "
            "repite esta celda.",
            r"[Uu]nzip|zip file|empty",
        ),
        Rule(
            "Lambda no puede usar ese rol: se esperaba el ARN de uno que exista y que Lambda pueda asumir. Escribe "
            f"{ROLE} {REPEAT}",
            r"role",
        ),
        Rule(
            "Lambda no encuentra el zip en S3: revisa S3Bucket y S3Key, o manda los bytes del zip con "
            f'Code={{{{"ZipFile": …}}}}, {REPEAT}',
            r"GetObject|S3 Error",
        ),
    ),
    "InvalidRequestContentException": (
        Rule(
            'Lo que se manda a la función no es JSON: se esperaba un texto como \'{{"username": "pepe"}}\'. Haz el '
            f"Payload con json.dumps(…) {REPEAT}"
        ),
    ),
    "ResourceConflictException": (
        Rule(
            f"La función todavía se está preparando (Pending). Espera a que esté activa, con {WAIT}, {REPEAT}",
            r"Pending\.?$",
        ),
        Rule(
            "La función todavía está cambiando, y AWS no admite otro cambio a la vez. Espera a que acabe, con "
            f'aws_lambda.get_waiter("function_updated_v2").wait(FunctionName=…), {REPEAT}',
            r"update is in progress|InProgress",
        ),
        Rule(
            "Ya existe, y AWS no lo crea otra vez. Seguramente esta celda ya se ha ejecutado: si el código es el "
            "mismo, sigue con la siguiente; si lo has cambiado, borra antes la función, con "
            "aws_lambda.delete_function(FunctionName=…), y repite esta celda. Para volver a empezar la sección, "
            "ejecuta "
            "{first}.",
            operation="CreateFunction$",
        ),
        Rule(
            "Ya existe, y AWS no lo crea otra vez. Seguramente esta celda ya se ha ejecutado: sigue con la siguiente. "
            "Para volver a empezar la sección, ejecuta {first}."
        ),
    ),
    "ResourceNotFoundException": (
        Rule(
            "La función «{funcion}» ya no existe: no hay nada que borrar. Seguramente esta celda ya se ha ejecutado: "
            "sigue con la siguiente; si no, revisa el nombre.",
            r"Function not found: \S*:(?P<funcion>[^:\s]+?)(?::\$LATEST)?$",
            "DeleteFunction$",
        ),
        Rule(
            "No hay nada que borrar: esa función no existe, o no tiene URL. Seguramente esta celda ya se ha ejecutado: "
            "sigue con la siguiente; si no, revisa el nombre.",
            operation="DeleteFunctionUrlConfig|RemovePermission",
        ),
        Rule(
            f"No existe la función «{{funcion}}». {AGAIN}",
            r"Function not found: \S*?:function:(?P<funcion>[^:\s]+)",
        ),
        Rule(f"No existe esa función. {AGAIN}", r"Function does not exist"),
        Rule(
            "La función no tiene URL, o no existe. Créala con aws_lambda.create_function_url_config(FunctionName=…, "
            f'AuthType="NONE") {REPEAT}',
            operation="(Get|Update)FunctionUrlConfig$",
        ),
    ),
    "InvalidRuntimeException": (
        Rule(
            f"Lambda no puede ejecutar el runtime de esta función: se esperaba uno como python3.13 o nodejs22.x. Borra "
            f"la función, créala con otro Runtime {REPEAT}"
        ),
    ),
    "InvalidZipFileException": (
        Rule(
            "Lambda no puede abrir el zip de la función. Ejecuta otra vez la celda que escribe el zip, borra la "
            f"función y créala de nuevo, {REPEAT}"
        ),
    ),
    "UnsupportedMediaTypeException": (
        Rule(f"El tipo de lo que se manda a la función no es JSON, que es lo que se esperaba. Corrígelo {REPEAT}"),
    ),
    "ResourceNotReadyException": (
        Rule(f"La función todavía no está lista para ejecutarse. Espera a que esté activa, con {WAIT}, {REPEAT}"),
    ),
    "NoPublishedVersionException": (
        Rule(f"La función no tiene ninguna versión publicada, y esta llamada la necesita. Quita Qualifier {REPEAT}"),
    ),
    "RecursiveInvocationException": (
        Rule(
            "La función se llama a sí misma, directamente o a través de otro servicio, y Lambda la ha parado. Corrige "
            f"su código {REPEAT}"
        ),
    ),
    "PreconditionFailedException": (
        Rule(
            "La función ha cambiado desde que se leyó su RevisionId. Vuelve a leerla con get_function, o quita "
            f"RevisionId, {REPEAT}"
        ),
    ),
    "DurableExecutionAlreadyStartedException": (
        Rule(f"Ya hay una ejecución con ese nombre. Cambia el nombre, o quítalo, {REPEAT}"),
    ),
    "CodeStorageExceededException": (Rule(LIMIT),),
    "PolicyLengthExceededException": (Rule(LIMIT),),
    "FunctionVersionsPerCapacityProviderLimitExceededException": (Rule(LIMIT),),
    **all_of(
        "Lo que se manda a la función es demasiado grande: se esperaban 6 MB como mucho. Manda menos, o déjalo en S3 y "
        "manda solo su clave.",
        "RequestTooLargeException",
        "SerializedRequestEntityTooLargeException",
    ),
    **all_of(
        f"Lambda no acepta la firma del código de esta función. {NOT_USED}",
        "CodeSigningConfigNotFoundException",
        "CodeVerificationFailedException",
        "InvalidCodeSignatureException",
    ),
    **all_of(
        f"Lambda no puede conectar la función con su red privada (VpcConfig). {NOT_USED}",
        "EC2AccessDeniedException",
        "EC2ThrottledException",
        "EC2UnexpectedException",
        "ENILimitReachedException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "SubnetIPAddressLimitReachedException",
    ),
    **all_of(
        f"Lambda no puede usar el sistema de archivos de la función (FileSystemConfigs). {NOT_USED}",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
    ),
    **all_of(
        f"Lambda no puede usar la clave con que se cifran las variables de la función (KMSKeyArn). {NOT_USED}",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
    ),
    **all_of(
        f"Lambda no ha podido preparar la función con SnapStart. {NOT_USED}",
        "SnapStartException",
        "SnapStartNotReadyException",
        "SnapStartTimeoutException",
    ),
}
