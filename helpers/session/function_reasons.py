"""What to say of each way in which a function fails, or API Gateway cannot use it: pure, names in, a paragraph out."""

import re

from helpers.emulator.journal import Entry
from helpers.session.context import Context
from helpers.workbook import current

DELETE_FUNCTION = "aws_lambda.delete_function(FunctionName=…)"
UPDATE = "aws_lambda.update_function_configuration"
PROXY = '{"statusCode": 200, "headers": {…}, "body": "un texto"}'
# What a function does not find, by the code of AWS's error in its own exception.
MISSING = ("NoSuchBucket", "NoSuchKey", "ResourceNotFoundException", "NotFoundException")


def of_error(name: str, error: str, context: Context) -> str:
    """Return what to say of the error that a function's log shows, as in `KeyError: 'x'`."""
    kind, _, said = error.partition(": ")
    if kind in MISSING:
        return (
            f"La función «{name}» no encuentra en la nube lo que usa: {error.rstrip('.')}. {context.from_the_start()}"
        )
    if kind == "Runtime.UserCodeSyntaxError":
        found = f"no se puede cargar, porque su código tiene un error de sintaxis: {said}"
    elif missing := re.match(r"Unable to import module '(?P<module>[^']+)': No module named '(?P<name>[^']+)'", said):
        return _not_imported(name, missing["module"], missing["name"], context)
    elif missing := re.match(r"Handler '(?P<name>[^']+)' missing on module '(?P<module>[^']+)'", said):
        return (
            f"La función «{name}» no se puede cargar: su handler es «{missing['module']}.{missing['name']}», y en "
            f"{missing['module']}.py no hay ninguna función «{missing['name']}». {_handler(name, missing['module'])}"
        )
    elif kind == "Runtime.MalformedHandlerName":
        return (
            f"La función «{name}» no se puede cargar: su handler no es archivo.función, como «{name}.handler». "
            f"{_handler(name, name)}"
        )
    elif kind == "Runtime.MarshalError":
        found = f"devuelve algo que no se puede escribir como JSON: {said}"
    else:
        found = f"ha fallado: {error}"
    return f"La función «{name}» {found.rstrip('.')}. {_mend(name, context)}"


def timed_out(name: str, seconds: float) -> str:
    """Return what to say of a function that Lambda stopped after `seconds`."""
    return (
        f"La función «{name}» no ha terminado en el tiempo que tiene, {seconds:g} s, y Lambda la ha parado. "
        "Busca en su código qué la hace esperar, o dale más con "
        f'{UPDATE}(FunctionName="{name}", Timeout=30), y repite esta celda.'
    )


def no_such_function(name: str, route: str) -> str:
    """Return what to say of a route whose integration names a function that is not there."""
    return (
        f"No existe ninguna función «{name}», que es a la que lleva «{route}». Créala con "
        "aws_lambda.create_function(…) o, si se llama de otro modo, corrige la uri con apigateway.put_integration(…) "
        "y despliega otra vez."
    )


def no_integration(route: str) -> str:
    """Return what to say of a method that was deployed without an integration."""
    return (
        f"«{route}» no lleva a ninguna función: el método está desplegado sin integración. Créala con "
        "apigateway.put_integration(…) y despliega otra vez."
    )


def no_such_api(api: str) -> str:
    """Return what to say of a request to an API that is not there."""
    return (
        f"No existe ningún API con el id «{api}». Si se ha borrado o se ha creado otra vez, la dirección guarda el id "
        "de antes: ejecuta otra vez la celda que la hace, y repite esta celda."
    )


def no_such_stage(stage: str, stages: list[str]) -> str:
    """Return what to say of a request to a stage that an API does not have."""
    there = f"las que hay son {', '.join(stages)}" if stages else "todavía no tiene ninguna"
    return (
        f"El API no está desplegado en la etapa «{stage}»: {there}. Corrige la dirección, o despliega con "
        f'apigateway.create_deployment(restApiId=…, stageName="dev"), y repite esta celda.'
    )


def no_such_route(route: str, stage: str) -> str:
    """Return what to say of a request that no method of a stage accepts."""
    return (
        f"En la etapa «{stage}» del API no hay ningún método para «{route}». Revisa la ruta y el método de la "
        "petición; si están bien y el método es nuevo, falta desplegar con apigateway.create_deployment(…). AWS lo "
        "dice así: «Missing Authentication Token»."
    )


def of_answer(name: str, route: str, entry: Entry) -> str:
    """Return what to say of a function that ended well, and whose answer is a 5xx or made API Gateway give one."""
    line = entry.message
    if "Malformed Lambda proxy response" in line:
        return (
            f"La función «{name}» ha devuelto {entry.parameters.get('returned', 'algo')}, que no es una respuesta para "
            f"API Gateway: se esperaba {PROXY}, con el cuerpo como texto, json.dumps(…), y sin otros campos. Corrige "
            f"su código. AWS lo dice así: {line}."
        )
    if "Unable to base64 decode" in line:
        return (
            f"La función «{name}» dice isBase64Encoded y su body no es base64. Quita isBase64Encoded, o codifica el "
            f"cuerpo con base64.b64encode(…).decode(). AWS lo dice así: {line}."
        )
    if "Invalid permissions" in line:
        return (
            f"API Gateway no puede llamar a la función «{name}» desde «{route}»: lo más frecuente es que la "
            'integración tenga otro integrationHttpMethod que "POST", que es el que pide Lambda sea cual sea el de la '
            f"ruta. Corrígela con apigateway.put_integration(…) y despliega otra vez. AWS lo dice así: {line}."
        )
    if "timeout" in line:
        return (
            f"La función «{name}» no ha respondido en el tiempo que espera API Gateway, 29 s si no se dice otro. Busca "
            f"en su código qué la hace esperar. AWS lo dice así: {line}."
        )
    if line:
        return f"API Gateway no ha podido usar la respuesta de la función «{name}». AWS lo dice así: {line}."
    return (
        f"La función «{name}» ha terminado bien, y el {entry.status} lo ha elegido su código, en statusCode. Busca en "
        "él cuándo lo devuelve."
    )


def _not_imported(name: str, module: str, missing: str, context: Context) -> str:
    if missing == module:
        return (
            f"La función «{name}» no se puede cargar: su handler empieza por «{module}», y en su zip no hay ningún "
            f'{module}.py en la raíz. Escribe el zip con arcname="{module}.py", o corrige Handler; después, borra la '
            f"función, con {DELETE_FUNCTION}, y créala otra vez."
        )
    return (
        f"La función «{name}» no se puede cargar: importa «{missing}», que no está en su zip ni en Lambda. Añádelo al "
        f"zip, o quita el import. {_mend(name, context)}"
    )


def _handler(name: str, module: str) -> str:
    return (
        f'Corrígelo con {UPDATE}(FunctionName="{name}", Handler="{module}.handler"), si la función del archivo se '
        "llama handler, y repite esta celda."
    )


def _mend(name: str, context: Context) -> str:
    if code := [path.name for path in current().code_files() if path.stem == name]:
        return f"Corrige su código, en handlers/{code[0]}. Para usarlo, {context.from_the_start('ejecuta')}"
    return f"Corrige su código, bórrala con {DELETE_FUNCTION} y ejecuta otra vez las celdas que la crean."
