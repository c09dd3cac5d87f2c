"""What any service may refuse (page "Common Error Types" of each service's API Reference)."""

from helpers.session.refusals.rule import REPEAT, Rule, all_of

AGAIN = "Revisa el nombre; si está bien, falta ejecutar una celda anterior: {again}"
CREDENTIALS = (
    "AWS no reconoce las credenciales de esta llamada: se esperaban las de prueba, que pone lab.open. Ejecuta {first}, "
    f"crea otra vez el cliente con boto3.client(…) {REPEAT}"
)
PERMISSION = (
    "AWS no permite esta llamada con las credenciales que lleva: se esperaban las de prueba, que pone lab.open, y un "
    f"recurso de tu propia cuenta, 000000000000. Revisa el nombre o el ARN, {REPEAT}"
)
TOO_MANY = (
    "AWS recibe más peticiones de las que admite a la vez. Espera unos segundos y repite esta celda; si las manda un "
    "bucle, pon una pausa entre una y otra con time.sleep(1)."
)
INSIDE = (
    "El servicio ha fallado por dentro: casi nunca es culpa de la celda, aunque lo puede causar un parámetro con un "
    "valor muy raro. Repite esta celda; si se repite el error, mira el registro con print(lab.log(20)) y ejecuta "
    "{first}."
)
NOT_THERE = (
    "LocalStack no tiene esta operación en su versión Community, que es la de este cuaderno. Haz la tarea con las "
    "operaciones que usa la sección."
)
INVALID = f"AWS no acepta el valor de un parámetro; su respuesta dice cuál y qué se espera de él. Corrígelo {REPEAT}"
CONSTRAINT = (
    "El valor «{valor}» del parámetro «{campo}» no es de los que AWS acepta: se esperaba uno de {lista}. Corrígelo "
    f"{REPEAT}"
)
SIZE = (
    "El valor «{valor}» del parámetro «{campo}» no tiene la longitud o el tamaño que AWS espera: tiene que ser "
    f"{{cuanto}} {{n}}. Corrígelo {REPEAT}"
)
PATTERN = (
    "El valor «{valor}» del parámetro «{campo}» no está escrito como AWS espera: mira las letras, los espacios y los "
    f"signos que lleva. Corrígelo {REPEAT}"
)
LIMIT = (
    "Se ha llegado al número de recursos, o al tamaño, que AWS permite. Borra los que no uses, o ejecuta {first}, que "
    "deja la nube al principio de la sección."
)

VALUE = r"Value '?(?P<valor>[^']*?)'? at '(?P<campo>[^']+)' failed to satisfy constraint: "
VALIDATION = (
    Rule(CONSTRAINT, VALUE + r"Member must satisfy enum value set: \[(?P<lista>[^\]]*)\]"),
    Rule(SIZE.replace("{cuanto}", "al menos"), VALUE + r"Member must [a-z ]*greater than or equal to (?P<n>\d+)"),
    Rule(SIZE.replace("{cuanto}", "como mucho"), VALUE + r"Member must [a-z ]*less than or equal to (?P<n>\d+)"),
    Rule(PATTERN, VALUE + "Member must satisfy regular expression"),
    Rule(INVALID),
)
FAILED_INSIDE = (Rule(NOT_THERE, r"not yet (been )?(emulated|implemented)|license"), Rule(INSIDE))

RULES = {
    **dict.fromkeys(("ValidationException", "ValidationError", "InvalidParameterValueException",
                     "InvalidParameterValue", "InvalidParameterException", "InvalidParameterCombination",
                     "InvalidRequestException", "InvalidArgument", "MissingParameter", "SerializationException",
                     "BadRequestException", "400"), VALIDATION),
    **dict.fromkeys(("InternalError", "InternalFailure", "InternalServerError", "InternalServerErrorException",
                     "ServiceException", "ServiceUnavailable", "ServiceUnavailableException", "500", "503",
                     "NotImplemented", "501"), FAILED_INSIDE),
    **all_of(CREDENTIALS, "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
             "IncompleteSignatureException", "InvalidClientTokenId", "InvalidSignatureException",
             "MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired", "RequestExpired",
             "RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
             "AuthorizationHeaderMalformed", "InvalidToken"),
    **all_of(PERMISSION, "AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedException", "403"),
    **all_of(TOO_MANY, "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown", "Throttling",
             "ThrottlingException", "TooManyRequestsException", "RequestThrottled", "RequestThrottledException"),
    **all_of(LIMIT, "LimitExceededException"),
    **all_of("AWS no conoce esta operación: el cliente apunta a un servicio, o a una dirección, que no es la "
             f"suya. Crea otra vez el cliente con boto3.client(…) {REPEAT}",
             "UnknownOperationException", "InvalidAction", "MalformedHttpRequestException"),
    **all_of("La petición ha tardado demasiado, o se ha cortado antes de llegar entera. Repite esta celda.",
             "RequestTimeout", "RequestTimeoutException", "RequestAbortedException", "IncompleteBody"),
}  # fmt: skip
