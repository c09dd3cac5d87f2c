"""Each refusal of AWS's, and the sentence that explains it; its own words follow to the letter. No kernel, no cloud."""

import re
from collections import defaultdict

import botocore.session
import pytest
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as aws
from explained import AGAIN, CONTEXT, FIRST, explained, put_localstack, refusal

from helpers.emulator.process import State
from helpers.session import explain, explain_aws

# What a student of the practice may call, with what the practice's own operations do.
OPERATIONS = {
    "s3": "CreateBucket DeleteBucket ListBuckets HeadBucket PutObject GetObject HeadObject DeleteObject DeleteObjects "
    "ListObjectsV2 CopyObject CreateMultipartUpload UploadPart CompleteMultipartUpload AbortMultipartUpload",
    "lambda": "CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration "
    "DeleteFunction ListFunctions Invoke CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig "
    "DeleteFunctionUrlConfig ListFunctionUrlConfigs AddPermission RemovePermission GetPolicy",
    "apigateway": "CreateRestApi GetRestApi GetRestApis DeleteRestApi CreateResource GetResources GetResource "
    "DeleteResource PutMethod GetMethod DeleteMethod PutIntegration GetIntegration DeleteIntegration "
    "CreateDeployment GetDeployments GetDeployment DeleteDeployment CreateStage GetStages GetStage UpdateStage "
    "DeleteStage TestInvokeMethod",
    "logs": "DescribeLogGroups DescribeLogStreams GetLogEvents FilterLogEvents DeleteLogGroup CreateLogGroup",
    "dynamodb": "CreateTable DescribeTable DeleteTable ListTables UpdateTable PutItem GetItem DeleteItem "
    "UpdateItem Scan "
    "Query BatchWriteItem BatchGetItem TransactWriteItems ExecuteStatement",
}

BAD_PATH = 'Esa parte de la ruta no vale: se esperaban letras, cifras, puntos y guiones, sin barras ni espacios, o una variable entre llaves, como pathPart="{username}".'  # noqa: E501
EXISTS = "Ya existe, y AWS no lo crea otra vez."
INVALID = "AWS no acepta el valor de un parámetro; su respuesta dice cuál y qué se espera de él."
TOO_MANY = "AWS recibe más peticiones de las que admite a la vez."
LIMIT = "Se ha llegado al número de recursos, o al tamaño, que AWS permite."
INSIDE = (
    "El servicio ha fallado por dentro: casi nunca es culpa de la celda, aunque lo puede causar un parámetro con un "
    "valor muy raro."
)
SIGNED = "Lambda no acepta la firma del código de esta función."
NETWORK = "Lambda no puede conectar la función con su red privada (VpcConfig)."
FILES = "Lambda no puede usar el sistema de archivos de la función (FileSystemConfigs)."
KEY = "Lambda no puede usar la clave con que se cifran las variables de la función (KMSKeyArn)."
SNAP = "Lambda no ha podido preparar la función con SnapStart."
PARTS = "S3 no puede unir las partes de lo que se subía: faltan, están en otro orden, o ya se canceló."
STORED = "S3 no puede dar o guardar el objeto así, por su archivo o su cifrado."
ITEMS = "Otra petición está cambiando los mismos items."
TOO_LARGE = "Lo que se manda a la función es demasiado grande: se esperaban 6 MB como mucho."
# The first sentence for each code that botocore's service models know, whatever the message.
OF_A_CODE = {
    "BadRequestException": INVALID,
    "BucketAlreadyExists": EXISTS,
    "BucketAlreadyOwnedByYou": EXISTS,
    "CodeSigningConfigNotFoundException": SIGNED,
    "CodeStorageExceededException": LIMIT,
    "CodeVerificationFailedException": SIGNED,
    "ConditionalCheckFailedException": "El item que hay no cumple ConditionExpression, así que DynamoDB no ha cambiado "
    "nada.",
    "ConflictException": EXISTS,
    "DuplicateItemException": "Ya hay un item con esa clave, e INSERT no lo sustituye.",
    "DurableExecutionAlreadyStartedException": "Ya hay una ejecución con ese nombre.",
    "EC2AccessDeniedException": NETWORK,
    "EC2ThrottledException": NETWORK,
    "EC2UnexpectedException": NETWORK,
    "EFSIOException": FILES,
    "EFSMountConnectivityException": FILES,
    "EFSMountFailureException": FILES,
    "EFSMountTimeoutException": FILES,
    "ENILimitReachedException": NETWORK,
    "EncryptionTypeMismatch": STORED,
    "FunctionVersionsPerCapacityProviderLimitExceededException": LIMIT,
    "IdempotentParameterMismatchException": "Ese ClientRequestToken ya se ha usado para otra petición.",
    "InternalServerError": INSIDE,
    "InvalidCodeSignatureException": SIGNED,
    "InvalidObjectState": STORED,
    "InvalidParameterException": INVALID,
    "InvalidParameterValueException": INVALID,
    "InvalidRequest": "S3 no acepta esta petición: lo que se pide no encaja con el resto de sus parámetros.",
    "InvalidRequestContentException": "Lo que se manda a la función no es JSON: se esperaba un texto como "
    '\'{"username": "pepe"}\'.',
    "InvalidRuntimeException": "Lambda no puede ejecutar el runtime de esta función: se esperaba uno como python3.13 o "
    "nodejs22.x.",
    "InvalidSecurityGroupIDException": NETWORK,
    "InvalidSubnetIDException": NETWORK,
    "InvalidWriteOffset": STORED,
    "InvalidZipFileException": "Lambda no puede abrir el zip de la función.",
    "ItemCollectionSizeLimitExceededException": "Los items de esa clave ya ocupan 10 GB, que es lo más que admite un "
    "índice local.",
    "KMSAccessDeniedException": KEY,
    "KMSDisabledException": KEY,
    "KMSInvalidStateException": KEY,
    "KMSNotFoundException": KEY,
    "LimitExceededException": LIMIT,
    "NoPublishedVersionException": "La función no tiene ninguna versión publicada, y esta llamada la necesita.",
    "NoSuchBucket": "No existe el bucket «si1p1».",
    "NoSuchKey": "No existe el objeto «x».",
    "NoSuchUpload": PARTS,
    "NotFoundException": "API Gateway no encuentra lo que se le pide.",
    "ObjectNotInActiveTierError": STORED,
    "OperationAbortedException": "Otra petición está cambiando el mismo grupo.",
    "PolicyLengthExceededException": LIMIT,
    "PreconditionFailedException": "La función ha cambiado desde que se leyó su RevisionId.",
    "ProvisionedThroughputExceededException": TOO_MANY,
    "RecursiveInvocationException": "La función se llama a sí misma, directamente o a través de otro servicio, "
    "y Lambda "
    "la ha parado.",
    "ReplicatedWriteConflictException": ITEMS,
    "RequestLimitExceeded": TOO_MANY,
    "RequestTooLargeException": TOO_LARGE,
    "ResourceAlreadyExistsException": EXISTS,
    "ResourceConflictException": EXISTS,
    "ResourceInUseException": EXISTS,
    "ResourceNotFoundException": "AWS no encuentra lo que se le pide.",
    "ResourceNotReadyException": "La función todavía no está lista para ejecutarse.",
    "SerializedRequestEntityTooLargeException": TOO_LARGE,
    "ServiceException": INSIDE,
    "ServiceUnavailableException": INSIDE,
    "SnapStartException": SNAP,
    "SnapStartNotReadyException": SNAP,
    "SnapStartTimeoutException": SNAP,
    "SubnetIPAddressLimitReachedException": NETWORK,
    "ThrottlingException": TOO_MANY,
    "TooManyParts": PARTS,
    "TooManyRequestsException": TOO_MANY,
    "TransactionCanceledException": "La transacción no se ha hecho: una de sus partes no se puede hacer, y la "
    "respuesta "
    "dice cuál y por qué, en el mismo orden que la petición.",
    "TransactionConflictException": ITEMS,
    "TransactionInProgressException": ITEMS,
    "UnauthorizedException": "AWS no permite esta llamada con las credenciales que lleva: se esperaban las de prueba, "
    "que pone lab.open, y un recurso de tu propia cuenta, 000000000000.",
    "UnsupportedMediaTypeException": "El tipo de lo que se manda a la función no es JSON, que es lo que se esperaba.",
    "ValidationException": INVALID,
}


@pytest.fixture(autouse=True)
def localstack(monkeypatch):
    put_localstack(monkeypatch, State.RUNNING, "sesión")


def modelled():
    """Return each code that the operations can return, and those of its operations."""
    session, found = botocore.session.get_session(), defaultdict(list)
    for service, operations in OPERATIONS.items():
        model = session.get_service_model(service)
        for operation in operations.split():
            for shape in model.operation_model(operation).error_shapes:
                code = shape.metadata.get("error", {}).get("code") or shape.name
                found[code].append(operation)
    return found


def test_every_error_of_every_operation_of_the_practice_is_explained():
    found = modelled()
    assert found.keys() == OF_A_CODE.keys()
    for code, operations in found.items():
        for operation in operations:
            error = refusal(code, "Words of AWS.", operation, BucketName="si1p1", Key="x")
            text, words = explain.explain(error, CONTEXT).split("\n")
            assert words == f"AWS ha respondido a {operation}: {code}: Words of AWS."
            if not operation.startswith(("Delete", "Remove")) and not operation.endswith("UrlConfig"):
                creates = operation.startswith(("Create", "Put")) or code != "ConflictException"
                sentence = OF_A_CODE[code] if creates else "Otro cambio del mismo API no ha terminado."
                assert text.startswith(f"{sentence} "), (code, operation)


def test_the_sentences_have_nothing_left_to_fill_in():
    for code, rules in explain_aws.RULES.items():
        for rule in rules:
            known = {"BucketName": "b", "Key": "k", "ActualObjectSize": "1", "first": FIRST, "again": AGAIN}
            groups = dict.fromkeys(re.compile(rule.pattern).groupindex, "x")
            lengths = {f"{name}_n": "1" for name in groups}
            text = rule.text.format(**known, **groups, **lengths)
            assert "{{" not in text and "}}" not in text.replace('"pipo"}}', "").replace("}}'", ""), (code, text)
            assert text.endswith((".", "…)")), (code, text)


ROLE = "failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::"
ENUM = "failed to satisfy constraint: Member must satisfy enum value set: "
MISSING = f"Revisa el nombre; si está bien, falta ejecutar una celda anterior: e{AGAIN}"
ARN = "arn:aws:lambda:us-east-1:000000000000:function"
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/NOMBRE/invocations"
# AWS's words as LocalStack gave them to ordinary mistakes: (operation, code, message) -> the first sentence.
OF_A_MESSAGE = {
    ("CreateFunction", "ValidationException", f"1 validation error detected: Value 'arn:aws:iam::00000000000:role/si1' at 'role' {ROLE}"):  # noqa: E501
        "El rol «arn:aws:iam::00000000000:role/si1» no está bien escrito: su número de cuenta tiene 11 cifras y se esperaban 12.",  # noqa: E501
    ("CreateFunction", "ValidationException", f"1 validation error detected: Value 'si1' at 'role' {ROLE}"):
        "El rol «si1» no está bien escrito: se esperaba el ARN de un rol, con un número de cuenta de 12 cifras.",
    ("CreateFunction", "InvalidParameterValueException", f"Value python3.x at 'runtime' {ENUM}[nodejs20.x, java21] or be a valid ARN"):  # noqa: E501
        "Lambda no tiene ningún runtime «python3.x»: se esperaba el nombre exacto de uno, como python3.13 o nodejs22.x.",  # noqa: E501
    ("CreateFunction", "InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again."):  # noqa: E501
        "El código de la función no es un zip, o está vacío o roto: se esperaban los bytes de un zip con el archivo del handler.",  # noqa: E501
    ("CreateFunction", "ValidationException", "1 validation error detected: Value 'user lambda' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn"):  # noqa: E501
        "«user lambda» no puede ser el nombre de una función: se esperaban letras, cifras, guiones y _, sin espacios.",
    ("CreateFunction", "ResourceConflictException", "Function already exist: user_lambda"): EXISTS,
    ("Invoke", "ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending"):  # noqa: E501
        "La función todavía se está preparando (Pending).",
    ("UpdateFunctionCode", "ResourceConflictException", "The operation cannot be performed at this time. An update is in progress for resource: x"):  # noqa: E501
        "La función todavía está cambiando, y AWS no admite otro cambio a la vez.",
    ("GetFunction", "ResourceNotFoundException", f"Function not found: {ARN}:nada"): "No existe la función «nada».",
    ("Invoke", "ResourceNotFoundException", f"Function not found: {ARN}:nada:$LATEST"): "No existe la función «nada».",
    ("DeleteFunction", "ResourceNotFoundException", f"Function not found: {ARN}:nada"):
        "La función «nada» ya no existe: no hay nada que borrar.",
    ("CreateFunctionUrlConfig", "ResourceNotFoundException", "Function does not exist"): "No existe esa función.",
    ("GetFunctionUrlConfig", "ResourceNotFoundException", "The resource you requested does not exist."):
        "La función no tiene URL, o no existe.",
    ("DeleteFunctionUrlConfig", "ResourceNotFoundException", "The resource you requested does not exist."):
        "No hay nada que borrar: esa función no existe, o no tiene URL.",
    ("PutIntegration", "BadRequestException", "Invalid ARN specified in the request"):
        f"La uri de la integración no está bien escrita: se esperaba «{URI}», con el nombre de la función.",
    ("PutIntegration", "BadRequestException", "AWS ARN for integration must contain path or action"):
        f"La uri de la integración no está bien escrita: se esperaba «{URI}», con el nombre de la función.",
    ("PutIntegration", "BadRequestException", "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."):  # noqa: E501
        f"La uri de la integración no está bien escrita: se esperaba «{URI}», con el nombre de la función.",
    ("PutIntegration", "BadRequestException", "Enumeration value for HttpMethod must be non-empty"):
        "A la integración le falta integrationHttpMethod, el método con que API Gateway llama a Lambda.",
    ("PutIntegration", "ValidationException", f"1 validation error detected: Value 'AWS-PROXY' at 'putIntegrationInput.type' {ENUM}[HTTP, MOCK, AWS_PROXY]"):  # noqa: E501
        "El valor «AWS-PROXY» del parámetro «putIntegrationInput.type» no es de los que AWS acepta: se esperaba uno de HTTP, MOCK, AWS_PROXY.",  # noqa: E501
    ("PutIntegration", "NotFoundException", "Invalid Method identifier specified"):
        "Esa ruta no tiene el método que se nombra.",
    ("PutIntegration", "NotFoundException", "Invalid Resource identifier specified"):
        "El API no tiene ninguna ruta con ese id.",
    ("GetResources", "NotFoundException", "Invalid API identifier specified 000000000000:abcdefghij"):
        "No existe ningún API con el id «abcdefghij».",
    ("GetResources", "NotFoundException", "Invalid Rest API Id specified"): "No existe ningún API con ese id.",
    ("PutMethod", "BadRequestException", "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE"):
        "Ese método HTTP no existe: se esperaba uno de GET,PUT,POST,DELETE, en mayúsculas.",
    ("CreateResource", "BadRequestException", "A sibling ({username}) of this resource already has a variable path part -- only one is allowed"):  # noqa: E501
        "Aquí ya hay una ruta con una variable, «{username}», y solo puede haber una: el API no sabría a cuál de las dos mandar la petición.",  # noqa: E501
    ("CreateResource", "BadRequestException", "Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end"):  # noqa: E501
        BAD_PATH,
    ("CreateResource", "BadRequestException", "Resource's path part must be specified"):
        BAD_PATH,
    ("CreateResource", "ConflictException", "Another resource with the same parent already has this name"): EXISTS,
    ("CreateDeployment", "NotFoundException", "No integration defined for method"):
        "Hay un método sin integración, y el API no se puede desplegar.",
    ("CreateDeployment", "BadRequestException", "The REST API doesn't contain any methods"):
        "El API no tiene ningún método, y no hay nada que desplegar.",
    ("DeleteDeployment", "BadRequestException", "Active stages pointing to this deployment must be moved or deleted"):
        "Ese despliegue es el que usa una etapa, y AWS no lo borra.",
    ("GetDeployment", "NotFoundException", "Invalid Deployment identifier specified"):
        "El API no tiene ningún despliegue con ese id: los que hay se ven con get_deployments.",
    ("DeleteRestApi", "NotFoundException", "Invalid API identifier specified 000000000000:nada"):
        "No hay nada que borrar: ese API ya no existe.",
    ("DeleteIntegration", "NotFoundException", "Invalid Resource identifier specified"):
        "No hay nada que borrar: lo que se nombra ya no existe.",
    ("GetIntegration", "NotFoundException", "Invalid Integration identifier specified"):
        "Ese método no tiene integración.",
    ("GetStage", "NotFoundException", "Invalid stage identifier specified"): "El API no tiene esa etapa.",
    ("CreateTable", "ResourceInUseException", "Table already exists: si1p1"): EXISTS,
    ("CreateTable", "ResourceInUseException", "Table is being deleted: si1p1"):
        "La tabla todavía se está preparando, y AWS no admite otro cambio a la vez.",
    ("CreateTable", "ValidationException", "1 validation error detected: Value 'x' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"):  # noqa: E501
        "El valor «x» del parámetro «tableName» no tiene la longitud o el tamaño que AWS espera: tiene que ser al menos 3.",  # noqa: E501
    ("PutItem", "ResourceNotFoundException", "Requested resource not found"): "No existe esa tabla.",
    ("DescribeTable", "ResourceNotFoundException", "Requested resource not found: Table: nada not found"):
        "No existe la tabla «nada».",
    ("DeleteTable", "ResourceNotFoundException", "Requested resource not found: Table: nada not found"):
        "No hay nada que borrar: esa tabla no existe.",
    ("PutItem", "ValidationException", "One or more parameter values were invalid: Missing the key User in the item"):
        "Al item le falta la clave de la tabla, «User»: sin ella DynamoDB no sabe dónde guardarlo.",
    ("PutItem", "ValidationException", "One or more parameter values were invalid: Type mismatch for key User expected: S actual: N"):  # noqa: E501
        "La clave «User» es del tipo N, y en la tabla es del tipo S (S es un texto, N un número).",
    ("PutItem", "ValidationException", "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: User"):  # noqa: E501
        "El valor de la clave «User» está vacío, y una clave no puede estarlo.",
    ("PutItem", "ValidationException", "The parameter cannot be converted to a numeric value: hola"):
        "«hola» no es un número, y su tipo es N.",
    ("GetItem", "ValidationException", "The provided key element does not match the schema"):
        'Key no tiene los atributos de la clave de la tabla, que se esperaban todos y solos, con su tipo: {"User": {"S": "pipo"}}.',  # noqa: E501
    ("UpdateItem", "ValidationException", "1 validation error detected: Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :c"):  # noqa: E501
        "La expresión usa «:c» y nadie dice cuánto vale: falta en ExpressionAttributeValues o en ExpressionAttributeNames.",  # noqa: E501
    ("UpdateItem", "ValidationException", 'Invalid UpdateExpression: Syntax error; token: ":c", near: "Ciudad :c"'):
        "La expresión está mal escrita cerca de «Ciudad :c»: se esperaba algo como «SET Ciudad = :ciudad».",
    ("UpdateItem", "ValidationException", "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: Status"):  # noqa: E501
        "«Status» es una palabra de DynamoDB y no puede nombrar un atributo en una expresión.",
    ("Query", "ValidationException", "Query condition missed key schema element: User"):
        "La condición de la búsqueda no nombra la clave de la tabla, «User», y query la necesita.",
    ("DescribeLogStreams", "ResourceNotFoundException", "The specified log group does not exist."):
        "Ese grupo de registro no existe.",
    ("GetLogEvents", "ResourceNotFoundException", "The specified log stream does not exist."):
        "Ese flujo de registro no existe en el grupo.",
    ("HeadObject", "404", "Not Found"): "No existe ese objeto, o no existe su bucket.",
    ("DeleteBucket", "NoSuchBucket", "The specified bucket does not exist"):
        "No hay nada que borrar: el bucket «otro» no existe.",
    ("DeleteBucket", "BucketNotEmpty", "The bucket you tried to delete is not empty"):
        "El bucket «otro» todavía tiene objetos, y S3 solo borra los vacíos.",
    ("CreateBucket", "InvalidBucketName", "The specified bucket is not valid."):
        "«otro» no puede ser el nombre de un bucket: se esperaban de 3 a 63 letras minúsculas, cifras, puntos y guiones, sin mayúsculas ni _.",  # noqa: E501
    ("CreateBucket", "InvalidLocationConstraint", "The specified location-constraint is not valid"):
        "Esa región no vale para crear el bucket: en us-east-1, la de la práctica, no se dice ninguna.",
    ("ListBuckets", "InternalFailure", "The API for service x is either not included in your current license plan or has not yet been emulated by LocalStack."):  # noqa: E501
        "LocalStack no tiene esta operación en su versión Community, que es la de este cuaderno.",
    ("ListBuckets", "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."):
        "AWS no reconoce las credenciales de esta llamada: se esperaban las de prueba, que pone lab.open.",
    ("ListBuckets", "SlowDown", "Please reduce your request rate."): TOO_MANY,
}  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence"), OF_A_MESSAGE.items(), ids=lambda value: str(value)[:60])
def test_what_aws_answers_to_ordinary_mistakes(asked, sentence):
    operation, code, message = asked
    error = refusal(code, message, operation, BucketName="otro")
    assert explained(error)[0] == sentence
    assert explain.explain(error, CONTEXT).endswith(f"\nAWS ha respondido a {operation}: {code}: {message}")


def test_what_is_missing_says_what_to_run():
    assert explained(refusal("NoSuchBucket", "x", BucketName="otro")) == ["No existe el bucket «otro».", MISSING]
    waiter = aws.WaiterError("x", "y", refusal("ResourceNotFoundException", f"Function not found: {ARN}:nada").response)
    assert explained(waiter) == ["No existe la función «nada».", MISSING]
    assert explain.explain(waiter, CONTEXT).endswith(
        f"\nAWS ha respondido: ResourceNotFoundException: Function not found: {ARN}:nada"
    )


def test_a_missing_bucket_of_an_upload():
    def upload():
        try:
            raise refusal("NoSuchBucket", "The bucket.", BucketName="otro")
        except aws.ClientError as error:
            raise S3UploadFailedError("Failed") from error

    with pytest.raises(S3UploadFailedError) as caught:
        upload()
    assert explained(caught.value)[0] == "No existe el bucket «otro»."


def test_what_is_already_there_says_how_to_go_on():
    end = f"Para volver a empezar la sección, ejecuta {FIRST}."
    assert explained(refusal("ResourceInUseException", "Table already exists: si1p1")) == [
        EXISTS,
        "Seguramente esta celda ya se ha ejecutado: sigue con la siguiente.",
        end,
    ]
    _, advice, last = explained(refusal("ResourceConflictException", "Function already exist: x", "CreateFunction"))
    assert "borra antes la función, con aws_lambda.delete_function(FunctionName=…), y repite esta celda" in advice
    assert last == end


def test_a_code_that_nobody_knows_is_one_line_with_awss_words():
    error = refusal("BrandNewException", "Something new.", "ListBuckets")
    assert explain.explain(error, CONTEXT) == "AWS ha respondido a ListBuckets: BrandNewException: Something new."
