"""The hints of section 6."""

HINTS: dict[str, tuple[str, ...]] = {
    "tabla-1": (
        "Lo que la tabla sabe de sus campos es lo que se declaró al crearla: mira la respuesta de create_table.",
        "describe_table lo enseña después: compara «AttributeDefinitions» con «KeySchema».",
        "Para los campos que no están ahí, inserta dos items con el mismo atributo y tipos distintos, y haz scan.",
    ),
    "insertar-1": (
        "Son dos pruebas: un put_item al que le falta User y otro al que le falta Email.",
        "Para que un error no pare el cuaderno, pon la llamada dentro de evidence.expected_error y su código.",
        "El item es como el de la tarea, pero se quita el atributo entero, nombre y valor; después, scan.",
    ),
    "lectura-1": (
        "Antes, la tarea: lee un item con get_item. En Key van los atributos de la clave de la tabla, y ninguno más.",
        "Repite el put_item sin User, y compara lo que enseña scan antes y después.",
        "Prueba también con un User que no sea una cadena: ¿dice lo mismo el error?",
    ),
    "lectura-2": (
        "Elige un usuario que ya esté en la tabla con su Email.",
        "Haz con él put_item otra vez, con User y sin Email, y léelo después con get_item.",
        "Para comparar: ¿qué hace update_item con los atributos que no se le nombran?",
    ),
    "lambda-dynamo-1": (
        "Son los mismos pasos que en la mejora del API, al final de la sección 5.",
        "Hace falta que la función exista, que el método la llame, y que la etapa lo sepa.",
        "Después de put_integration, la etapa dev sigue como estaba hasta que se despliega otra vez.",
    ),
    "lambda-dynamo-2": (
        "Haz el POST de la tarea: si responde 400, mira si el cuerpo es JSON.",
        "Lee el item nuevo con get_item, por su clave, o la tabla entera con scan.",
        "Para cada atributo del item, busca de dónde sale en handlers/user_lambda_dynamo.py.",
    ),
    "get-1": (
        "Lo mismo que con el POST, ahora con user_get_lambda_dynamo y el método GET, que ya existe.",
        "En put_integration hay dos métodos: el del API, y aquel con el que API Gateway llama a la función.",
        "Si la función falla, mira su registro: en un GET no hay cuerpo, y get_item no siempre encuentra un item.",
    ),
    "get-2": (
        "La dirección es la del POST, con otro usuario al final; si no se le dice otra cosa, curl hace un GET.",
        "Haz dos peticiones: una de un usuario que esté en la tabla, y otra de uno que no.",
        "En una celda, la orden va detrás de un signo !, y una variable, entre llaves; -w añade el código HTTP.",
    ),
}
