"""What API Gateway refuses (pages of its operations in the Amazon API Gateway API Reference)."""

from helpers.session.refusals.common import AGAIN
from helpers.session.refusals.rule import REPEAT, Rule

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/NOMBRE/invocations"
OLD_ID = (
    "Si el API se ha borrado o se ha creado otra vez, la variable guarda el id de antes: ejecuta otra vez la celda que "
    "le da valor"
)
GONE = "Seguramente esta celda ya se ha ejecutado: sigue con la siguiente; si no, revisa el id."

RULES = {
    "BadRequestException": (
        Rule(
            f"La uri de la integración no está bien escrita: se esperaba «{URI}», con el nombre de la función. "
            f"Corrígela {REPEAT}",
            r"Invalid ARN|must contain path or action|only supports Lambda function|[Ff]unction ARN",
        ),
        Rule(
            "A la integración le falta integrationHttpMethod, el método con que API Gateway llama a Lambda. Añade "
            f'integrationHttpMethod="POST", sea cual sea el método de la ruta, {REPEAT}',
            r"Enumeration value for HttpMethod must be non-empty",
        ),
        Rule(
            "Ese método HTTP no existe: se esperaba uno de {metodos}, en mayúsculas. Corrígelo " + REPEAT,
            r"Invalid HttpMethod specified\. Valid options are (?P<metodos>.*)",
        ),
        Rule(
            "Aquí ya hay una ruta con una variable, «{ruta}», y solo puede haber una: el API no sabría a cuál de las "
            "dos mandar la petición. Usa la que hay, o bórrala antes con apigateway.delete_resource(…).",
            r"A sibling \((?P<ruta>[^)]*)\) of this resource already has a variable path part",
        ),
        Rule(
            "Esa parte de la ruta no vale: se esperaban letras, cifras, puntos y guiones, sin barras ni "
            "espacios, o una "
            f'variable entre llaves, como pathPart="{{{{username}}}}". Corrígela {REPEAT}',
            r"path part (only allow|must be specified)",
        ),
        Rule(
            "Ese despliegue es el que usa una etapa, y AWS no lo borra. Despliega otra vez en la etapa, o bórrala, y "
            "borra después el despliegue; los que no usa nadie se ven con get_deployments y get_stages.",
            r"Active stages pointing to this deployment",
        ),
        Rule(
            "El API no tiene ningún método, y no hay nada que desplegar. Crea antes uno con put_method, y su "
            f"integración con put_integration, {REPEAT}",
            r"doesn't contain any methods",
        ),
        Rule(
            "requestParameters no está bien escrito: se esperaba el sitio y el nombre, como "
            f'{{{{"method.request.path.username": True}}}}. Corrígelo {REPEAT}',
            r"[Mm]apping expression|method\.request",
        ),
        Rule(
            "El nombre de la etapa no vale: se esperaban letras, cifras, guiones y _, como dev. Corrígelo " + REPEAT,
            r"[Ss]tage name",
        ),
        Rule(
            "El API no puede quedarse sin su ruta raíz: borra las que cuelgan de ella, o el API entero con "
            "apigateway.delete_rest_api(…).",
            r"root resource",
        ),
    ),
    "NotFoundException": (
        Rule(
            f"No hay nada que borrar: ese API ya no existe. {GONE}",
            operation="DeleteRestApi$",
        ),
        Rule(
            "Hay un método sin integración, y el API no se puede desplegar. Crea la integración con put_integration, o "
            f"borra el método con delete_method, {REPEAT}",
            r"No integration defined for method",
        ),
        Rule(
            f"No existe ningún API con el id «{{id}}». {OLD_ID}, {REPEAT}",
            r"Invalid (?:API|Rest API) [Ii]d(?:entifier)? specified:? ?\S*:(?P<id>\w+)",
        ),
        Rule(
            f"No existe ningún API con ese id. {OLD_ID}, {REPEAT}",
            r"Invalid (?:API|Rest API) [Ii]d",
        ),
        Rule(
            f"No hay nada que borrar: lo que se nombra ya no existe. {GONE}",
            operation="Delete",
        ),
        Rule(
            "Esa ruta no tiene el método que se nombra. Créalo antes con apigateway.put_method(…), con httpMethod en "
            f"mayúsculas, {REPEAT}",
            r"Invalid Method identifier",
        ),
        Rule(
            f"Ese método no tiene integración. Créala con apigateway.put_integration(…) {REPEAT}",
            r"Invalid Integration identifier",
        ),
        Rule(
            f"El API no tiene ninguna ruta con ese id. {OLD_ID}, {REPEAT}",
            r"Invalid [Rr]esource identifier",
        ),
        Rule(
            "El API no tiene esa etapa. Créala desplegando, con apigateway.create_deployment(restApiId=…, "
            f'stageName="dev"), {REPEAT}',
            r"Invalid [Ss]tage identifier",
        ),
        Rule(
            f"El API no tiene ningún despliegue con ese id: los que hay se ven con get_deployments. Corrígelo {REPEAT}",
            r"Invalid Deployment identifier",
        ),
        Rule(f"API Gateway no encuentra lo que se le pide. {AGAIN}"),
    ),
    "ConflictException": (
        Rule(
            "Ya existe, y AWS no lo crea otra vez. Seguramente esta celda ya se ha ejecutado: sigue con la siguiente. "
            "Para volver a empezar la sección, ejecuta {first}.",
            operation="Create|Put|$",
        ),
        Rule("Otro cambio del mismo API no ha terminado. Espera unos segundos y repite esta celda."),
    ),
}
