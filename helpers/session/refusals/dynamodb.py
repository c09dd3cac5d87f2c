"""What DynamoDB refuses (page "Error handling with DynamoDB" of its Developer Guide, and its API Reference)."""

from helpers.session.refusals.common import AGAIN
from helpers.session.refusals.rule import REPEAT, Rule

KEY = '{{"User": {{"S": "pipo"}}}}'

RULES = {
    "ValidationException": (
        Rule(
            "Al item le falta la clave de la tabla, «{clave}»: sin ella DynamoDB no sabe dónde guardarlo. Añádela "
            f"{REPEAT}",
            r"Missing the key (?P<clave>\S+) in the item",
        ),
        Rule(
            "La clave «{clave}» es del tipo {hay}, y en la tabla es del tipo {espera} (S es un texto, N un número). "
            f"Corrígelo {REPEAT}",
            r"Type mismatch for key (?P<clave>\S+) expected: (?P<espera>\w+) actual: (?P<hay>\w+)",
        ),
        Rule(
            f"Key no tiene los atributos de la clave de la tabla, que se esperaban todos y solos, con su tipo: {KEY}. "
            f"Quita los demás, o corrige el nombre, {REPEAT}",
            r"provided key element does not match the schema|number of conditions on the keys is invalid",
        ),
        Rule(
            f"El valor de la clave «{{clave}}» está vacío, y una clave no puede estarlo. Ponle un valor {REPEAT}",
            r"empty (?:string|binary) value\. Key: (?P<clave>\S+)",
        ),
        Rule(
            "«{valor}» no es un número, y su tipo es N. Escribe el número como texto, "
            f'{{{{"N": "3"}}}}, o usa el tipo S, {REPEAT}',
            r"cannot be converted to a numeric value: ?(?P<valor>.*)",
        ),
        Rule(
            "La expresión usa «{nombre}» y nadie dice cuánto vale: falta en ExpressionAttributeValues o en "
            f"ExpressionAttributeNames. Añádelo {REPEAT}",
            r"used in (?:the )?\w*?\s?\w+ is not defined; attribute (?:value|name): (?P<nombre>\S+)",
        ),
        Rule(
            "«{palabra}» es una palabra de DynamoDB y no puede nombrar un atributo en una expresión. Llámalo de otro "
            'modo, con ExpressionAttributeNames={{"#x": "{palabra}"}} y #x en la expresión, ' + REPEAT,
            r"reserved keyword: (?P<palabra>\S+)",
        ),
        Rule(
            "La expresión está mal escrita cerca de «{cerca}»: se esperaba algo como «SET Ciudad = :ciudad». Corrígela "
            f"{REPEAT}",
            r'Syntax error; token: (?P<token>.*?), near: "(?P<cerca>[^"]*)"',
        ),
        Rule(
            "La condición de la búsqueda no nombra la clave de la tabla, «{clave}», y query la necesita. Añádela, o "
            "usa dynamodb.scan(…) con FilterExpression.",
            r"missed key schema element: (?P<clave>\S+)",
        ),
        Rule(
            "AttributeDefinitions tiene atributos que no son de la clave: solo se describen los de KeySchema, y los "
            f"demás no se declaran. Quítalos {REPEAT}",
            r"Number of attributes in KeySchema does not exactly match|Some AttributeDefinitions are not used",
        ),
        Rule(
            "KeySchema nombra un atributo que no está en AttributeDefinitions, con el mismo nombre y letra por letra. "
            f"Corrígelo {REPEAT}",
            r"Some index key attributes are not defined|not defined in AttributeDefinitions",
        ),
        Rule(
            "A la tabla le falta su capacidad: se esperaba ProvisionedThroughput con ReadCapacityUnits y "
            'WriteCapacityUnits, o BillingMode="PAY_PER_REQUEST". ' + f"Añádelo {REPEAT}",
            r"ReadCapacityUnits and WriteCapacityUnits must|[Nn]o provisioned throughput|ProvisionedThroughput",
        ),
        Rule(
            "El item es demasiado grande: DynamoDB admite 400 KB, con los nombres de sus atributos. Guarda lo grande "
            "en S3, y en el item su clave.",
            r"[Ii]tem size",
        ),
    ),
    "ResourceNotFoundException": (
        Rule(
            "No hay nada que borrar: esa tabla no existe. Seguramente esta celda ya se ha ejecutado: sigue con la "
            "siguiente; si no, revisa el nombre.",
            operation="DeleteTable$",
        ),
        Rule(
            f"No existe la tabla «{{tabla}}». {AGAIN}",
            r"[Rr]equested resource not found: Table: (?P<tabla>\S+) not found",
        ),
        Rule(f"No existe esa tabla. {AGAIN}", r"[Rr]equested resource not found"),
    ),
    "ResourceInUseException": (
        Rule(
            "La tabla todavía se está preparando, y AWS no admite otro cambio a la vez. Espera, con "
            f'dynamodb.get_waiter("table_exists").wait(TableName=…), {REPEAT}',
            r"being (?:created|deleted|updated)",
        ),
        Rule(
            "Ya existe, y AWS no lo crea otra vez. Seguramente esta celda ya se ha ejecutado: sigue con la siguiente. "
            "Para volver a empezar la sección, ejecuta {first}."
        ),
    ),
    "ConditionalCheckFailedException": (
        Rule(
            "El item que hay no cumple ConditionExpression, así que DynamoDB no ha cambiado nada. Mira el item con "
            "get_item; si es lo que querías comprobar, ponla dentro de evidence.expected_error(…)."
        ),
    ),
    "DuplicateItemException": (
        Rule(f"Ya hay un item con esa clave, e INSERT no lo sustituye. Cambia la clave, o usa put_item, {REPEAT}"),
    ),
    "ItemCollectionSizeLimitExceededException": (
        Rule("Los items de esa clave ya ocupan 10 GB, que es lo más que admite un índice local. Borra algunos."),
    ),
    "TransactionCanceledException": (
        Rule(
            "La transacción no se ha hecho: una de sus partes no se puede hacer, y la respuesta dice cuál y por qué, "
            f"en el mismo orden que la petición. Corrígela {REPEAT}"
        ),
    ),
    "IdempotentParameterMismatchException": (
        Rule(f"Ese ClientRequestToken ya se ha usado para otra petición. Cámbialo, o quítalo, {REPEAT}"),
    ),
    **dict.fromkeys(
        ("TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException"),
        (Rule("Otra petición está cambiando los mismos items. Espera unos segundos y repite esta celda."),),
    ),
}
