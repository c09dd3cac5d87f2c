"""The hints of section 5."""

HINTS: dict[str, tuple[str, ...]] = {
    "api-1": (
        "Lo genera AWS al crear el API, y lo devuelve la misma llamada que lo crea.",
        "También está en la lista de todos los API: get_rest_apis en boto3, `get-rest-apis` en el terminal.",
        'Mira el campo id de la respuesta de create_rest_api(name="user_lambda").',
    ),
    "api-2": (
        "Prueba: repite la llamada que lo ha creado, sin borrar el que hay.",
        "Después lista los API y compara sus nombres y sus identificadores.",
        "Piensa qué devolvería ahora una búsqueda por el nombre; antes de seguir, delete_rest_api borra el que sobra.",
    ),
    "rutas-1": (
        "Cada trozo de la ruta es un recurso, y cada recurso tiene el suyo.",
        "Lo devuelve create_resource al crear {username}, y get_resources lo enseña junto a la ruta, en `path`.",
        "Recorre la lista items de get_resources(restApiId=…) hasta el que tiene path igual a /user/{username}.",
    ),
    "rutas-2": (
        "Prueba y mira: que una llamada se rechace también es un resultado.",
        "Es otro create_resource, con el mismo parentId que el de {username}.",
        "Con evidence.expected_error(…), el error se ve y el cuaderno sigue. Si no sabes cómo se llama el error, "
        "ejecuta antes la llamada sola y lee su primera línea.",
    ),
    "rutas-3": (
        "Piensa en una petición concreta: llega /user/pepe. ¿Qué hay en ella que diga cuál de las dos rutas es?",
        "Escribe varias peticiones, y al lado de cada una si la aceptaría cada ruta. ¿Hay alguna que las distinga?",
        "El error de rutas-2 dice cuántas partes variables se admiten en un mismo sitio: explica por qué.",
    ),
    "metodos-1": (
        "La ruta es la misma, así que el recurso no se crea otra vez.",
        "Es la llamada con la que se ha creado el POST: busca en ella el único parámetro que cambia.",
        "put_method con el `resourceId` de /user/{username}, y con la autorización y los parámetros del POST.",
    ),
    "metodos-2": (
        "Las operaciones que enseñan algo sin cambiarlo empiezan por get_: busca las de recursos y las de métodos.",
        "get_method enseña un método; para verlos todos a la vez hay que partir de la lista de recursos.",
        "get_resources tiene un parámetro, `embed`, con lo que se quiere que incluya cada recurso.",
    ),
    "integracion-1": (
        "Es la llamada con la que se ha integrado el POST.",
        "Hay dos parámetros con un método HTTP: uno es el de la ruta, y otro el que usa API Gateway para llamar a la "
        "función. Solo cambia uno.",
        "put_integration con el httpMethod de la ruta nueva, y con type, integrationHttpMethod y uri como estaban.",
    ),
    "integracion-2": (
        "Un método integrado lleva dentro su integración: ¿con qué se han visto los métodos de la ruta?",
        "Además hay una operación que enseña la integración de un método: empieza por get_.",
        "En la lista de recursos con sus métodos, busca `methodIntegration`; para uno, get_integration con su método.",
    ),
    "integracion-3": (
        "Se borra solo la integración, no el método: son dos operaciones distintas.",
        "El nombre de la operación empieza por delete_, y recibe lo mismo que la que enseña la integración.",
        "Después pide otra vez la integración del GET, con evidence.expected_error(…): ya no tiene que estar.",
    ),
    "despliegue-1": (
        "Repite la llamada con la que se ha desplegado, y mira antes y después cómo está la etapa.",
        "get_stages dice a qué despliegue apunta cada etapa, y get_deployments cuántos despliegues hay.",
        'Otra vez create_deployment(…, stageName="dev"), y después get_stages: ¿es el `deploymentId` de antes?',
    ),
    "despliegue-2": (
        "Primero hay que saber cuál sobra: compara la lista de despliegues con el que usa la etapa.",
        "get_deployments da los identificadores de todos, y el campo deploymentId de get_stages, el que no sobra.",
        "Es delete_deployment, con el `deploymentId` del que sobra. Prueba también con el otro: no pasa nada malo.",
    ),
    "pruebas-1": (
        "Son las órdenes de la sección 3: listar lo que hay en users/ y descargar un objeto.",
        "En la petición hay dos nombres, uno en la ruta y otro en el cuerpo. ¿Con cuál se ha guardado el objeto?",
        "awslocal s3 ls con la dirección de users/, con su barra final, y awslocal s3 cp del objeto nuevo a build/.",
    ),
    "mejora-1": (
        "Piensa qué hizo falta para que el API usara la primera función: cada cosa tiene su tarea en esta sección.",
        "Si la petición la atiende todavía la función anterior, ¿qué es lo que publica la etapa?",
        "Tres operaciones: una de Lambda, otra que sustituye a la integración del POST, y otra que hace que la etapa "
        "publique lo que ha cambiado. Haz una petición antes de la última y otra después.",
    ),
}
