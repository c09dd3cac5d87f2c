"""The practice as data: its sections and its 29 questions, stated in our own words."""

from dataclasses import dataclass
from pathlib import Path

from helpers.workbook import Workbook


@dataclass(frozen=True)
class Section:
    """One notebook: `key` names it everywhere, `number` is its place, `title` its heading, `about` what it is about."""

    key: str
    number: int
    title: str
    about: str

    @property
    def stem(self) -> str:
        """The name of its file, without extension."""
        return f"{self.number:02}_{self.key}"

    def notebook(self, workbook: Workbook) -> Path:
        """Return its file in `workbook`."""
        return workbook.notebooks / f"{self.stem}.ipynb"


@dataclass(frozen=True)
class Question:
    """One question of the handout; `section` is the key of the section that answers it."""

    id: str
    section: str
    statement: str


# The MIME type that keeps a check's verdict in a saved notebook:
# {"question": id, "ok": true, false or null, "depends_on": another id or ""}.
VERDICT_TYPE = "application/vnd.si1p1.verdict+json"

SECTIONS = (
    Section("inicio", 0, "Inicio", "cómo funciona una sección, y el progreso sobre las 29 preguntas"),
    Section(
        "servicios_cloud", 1, "1. Servicios cloud", "contenedores y funciones; los servicios que ofrece este LocalStack"
    ),
    Section("localstack", 2, "2. LocalStack", "arrancar, parar, el registro, `awslocal`, las variables de una función"),
    Section("s3", 3, "3. AWS S3", "buckets, objetos y claves"),
    Section("lambda", 4, "4. AWS Lambda", "crear, llamar, depurar y borrar una función; un reinicio de verdad"),
    Section("api_gateway", 5, "5. API Gateway", "rutas, métodos, integraciones, despliegues y etapas"),
    Section("dynamodb", 6, "6. DynamoDB", "tablas e items; el API completo"),
    Section("memoria", 7, "7. Documentación", "autores, archivos, detalles de implementación, bibliografía"),
)

QUESTIONS = (
    Question("s3-1", "s3", "¿Qué hace cada uno de los subcomandos de `awslocal s3` que se han usado?"),
    Question(
        "s3-2",
        "s3",
        "¿Con qué orden se descarga `user_rest.py` del bucket, dándole otro nombre para no sobrescribir el que ya se "
        "tiene?",
    ),
    Question("lambda-1", "lambda", "Si la función estuviera escrita en JavaScript, ¿qué *runtime* se podría usar?"),
    Question("lambda-2", "lambda", "¿Cómo le llegan a la función los datos que se han enviado con `curl`?"),
    Question(
        "lambda-3",
        "lambda",
        "Comprueba que ha funcionado: descarga el objeto que la función ha creado. ¿Con qué órdenes?",
    ),
    Question("logs-1", "lambda", "¿A qué corresponde la salida de cada una de las órdenes anteriores?"),
    Question(
        "borrado-1",
        "lambda",
        "¿Y si en lugar de borrar la función y los archivos solo se reinicia LocalStack? ¿Cómo se podría evitar lo que "
        "ocurre?",
    ),
    Question("api-1", "api_gateway", "¿Qué identificador ha recibido el API?"),
    Question("api-2", "api_gateway", "¿Qué ocurre si se crea otra vez un API con el mismo nombre?"),
    Question("rutas-1", "api_gateway", "¿Qué identificador tiene el recurso de la ruta `/user/{username}`?"),
    Question("rutas-2", "api_gateway", "¿Qué ocurre al crear además la ruta `/user/{name}`?"),
    Question(
        "rutas-3",
        "api_gateway",
        "Si se pudieran tener a la vez `/user/{name}` y `/user/{username}`, ¿tendría sentido?",
    ),
    Question("metodos-1", "api_gateway", "Crea también el método GET en la misma ruta. ¿Con qué instrucciones?"),
    Question("metodos-2", "api_gateway", "¿Cómo se ven los métodos que tiene cada ruta del API?"),
    Question(
        "integracion-1",
        "api_gateway",
        "Integra también el método GET con la misma función. ¿Con qué instrucciones?",
    ),
    Question("integracion-2", "api_gateway", "¿Cómo se ve si cada método del API está integrado?"),
    Question("integracion-3", "api_gateway", "Borra la integración del método GET. ¿Con qué instrucciones?"),
    Question("despliegue-1", "api_gateway", "¿Qué le pasa a la etapa `dev` si se repite el despliegue?"),
    Question(
        "despliegue-2",
        "api_gateway",
        "Borra el despliegue que la etapa `dev` ya no usa. ¿Con qué instrucciones?",
    ),
    Question(
        "pruebas-1",
        "api_gateway",
        "Lista el bucket y descarga lo que se ha creado. ¿Qué ha ocurrido: ha cambiado `users/pepe` o hay un objeto "
        "distinto?",
    ),
    Question(
        "mejora-1",
        "api_gateway",
        "¿Qué pasos hacen falta para que el API use la función nueva en lugar de la anterior? Indica las órdenes.",
    ),
    Question("tabla-1", "dynamodb", "¿De qué tipo son los campos de la tabla?"),
    Question("insertar-1", "dynamodb", "¿Qué ocurre si se crea un item sin el campo `User`, o sin `Email`?"),
    Question("lectura-1", "dynamodb", "¿Qué ocurre si se crea un item sin el campo `User`?"),
    Question(
        "lectura-2", "dynamodb", "¿Qué ocurre si se vuelve a insertar el mismo usuario, pero sin el campo `Email`?"
    ),
    Question("lambda-dynamo-1", "dynamodb", "¿Qué pasos han hecho falta para cambiar la función del método POST?"),
    Question("lambda-dynamo-2", "dynamodb", "¿Qué datos se han añadido a la tabla con la petición anterior?"),
    Question(
        "get-1", "dynamodb", "¿Qué pasos han hecho falta para crear e integrar la función nueva en el método GET?"
    ),
    Question(
        "get-2",
        "dynamodb",
        "¿Con qué orden `curl` se prueba el GET de `/user/{username}`? Da la respuesta para un usuario que existe y "
        "para otro que no.",
    ),
)
