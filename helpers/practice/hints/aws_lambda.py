"""The hints of section 4."""

HINTS: dict[str, tuple[str, ...]] = {
    "lambda-1": (
        "El lenguaje y su versión los dice un solo parámetro de create_function: Runtime.",
        "JavaScript fuera del navegador es Node.js, y sus identificadores llevan ese nombre y un número de versión. "
        'Los admitidos están en aws_lambda.meta.service_model.shape_for("Runtime").enum.',
        "Compruébalo con una función de verdad: un zip con handlers/saluda.js, create_function con el Runtime que "
        "hayas elegido y un `Handler` con la forma `archivo.función`.",
    ),
    "lambda-2": (
        "El `handler` tiene dos argumentos. ¿Cuál de los dos puede traer lo que se envía con -d?",
        "user_lambda imprime el evento, y lo que una función imprime va a CloudWatch Logs, al grupo "
        "/aws/lambda/user_lambda.",
        'logs.filter_log_events(logGroupName="/aws/lambda/user_lambda") trae los mensajes: busca el que es JSON y mira '
        "en él qué campo tiene lo enviado, y de qué tipo es.",
    ),
    "lambda-3": (
        "La respuesta de la función dice con qué clave ha escrito. También se ve en la lista del bucket.",
        "Son los subcomandos de la sección 3: uno lista lo que empieza por users/, y otro copia del bucket al disco.",
        "awslocal s3 cp, con el objeto como origen (s3://si1p1/ y su clave) y un archivo de build/ como destino.",
    ),
    "logs-1": (
        "Van de lo general a lo concreto: cada orden pide lo que hay dentro de algo que ha enseñado la anterior.",
        "¿Cuántos grupos hay, y cuántas funciones se han ejecutado? ¿Cuántos flujos, y cuántas veces se ha preparado "
        "un entorno de ejecución?",
        "En los mensajes, sigue un mismo `RequestId` desde `START` hasta `REPORT`: eso es una invocación.",
    ),
    "borrado-1": (
        "Pruébalo: hace falta que haya una función y un bucket, reiniciar, y mirar qué ha quedado de ellos.",
        "lab.restart() reinicia LocalStack (en un terminal, si1p1 restart). Después, antes de crear nada: "
        "s3.list_buckets() y aws_lambda.list_functions().",
        "Para evitarlo: la página «Persistence» de LocalStack dice qué edición guarda el estado, y la página "
        "«Initialization Hooks», cómo ejecutar algo en cada arranque. La carpeta de esos programas la da "
        "lab.ready_hooks().",
    ),
}
