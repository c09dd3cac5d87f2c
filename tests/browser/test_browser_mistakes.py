"""A student's mistakes in a real browser, read on the screen, and the terminal of the lab."""

import re

import pytest
from test_browser import lab, open_notebook, page, pytestmark  # noqa: F401

from helpers.workbook import SOLVED

RUN = """async source => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.length - 1;
    await jupyterapp.commands.execute('notebook:insert-cell-below');
    notebook.activeCell.model.sharedModel.setSource(source);
    await jupyterapp.commands.execute('notebook:run-cell');
    await new Promise(resolve => setTimeout(resolve, 500));
    return notebook.activeCell.outputArea.node.innerText;
}"""
OPEN = """
import os, boto3, requests
from helpers import lab
from helpers.practice import checkpoints
lab.open("dynamodb")
s3, aws_lambda, apigateway = boto3.client("s3"), boto3.client("lambda"), boto3.client("apigateway")
dynamodb, logs = boto3.client("dynamodb"), boto3.client("logs")
(api,) = apigateway.get_rest_apis()["items"]
endpoint = f'{os.environ["AWS_ENDPOINT_URL"]}/_aws/execute-api/{api["id"]}/dev/user'
"""
BREAK = """
import io, zipfile
content = io.BytesIO()
with zipfile.ZipFile(content, "w") as archive:
    archive.writestr("user_lambda_param.py", "def handler(event, context):\\n    return 1 / 0\\n")
aws_lambda.update_function_code(FunctionName="user_lambda_param", ZipFile=content.getvalue())
aws_lambda.get_waiter("function_updated_v2").wait(FunctionName="user_lambda_param")
"""
FAILED = "La función «user_lambda_param» ha fallado: ZeroDivisionError: division by zero."
NO_FUNCTION = "«GET /user/{username}» no lleva a ninguna función: el método está desplegado sin integración."
BRACES = "La orden ha recibido «{endpoint}» tal cual, y no su valor"
# What is typed, and the first sentence that is on the screen.
MISTAKES = {
    "requests.post(f'{endpoint}/pepe', json={})": FAILED,
    "!curl -s -X POST {endpoint}/pepe -d '{{}}'": FAILED,
    "requests.get(f'{endpoint}/pepe')": NO_FUNCTION,
    """!curl -s {endpoint}/pepe -d '{"username": "tete"}'""": BRACES,
    "!awslocl s3 ls": "No se encuentra la orden «awslocl»: ¿quizá «awslocal»?",
    "!awslocal s3 lst": "«awslocal» no conoce «lst»: ¿quizá «ls»?",
    'aws_lambda.create_function(FunctionName="x", Runtime="python3.13", Handler="x.handler", Code={"ZipFile": b""},'
    ' Role="arn:aws:iam::00000000000:role/si1")': "El rol «arn:aws:iam::00000000000:role/si1» no está bien escrito: su "
    "número de cuenta tiene 11 cifras y se esperaban 12.",
    "aws_lambda.create_funtion()": "El cliente de boto3 para lambda no tiene ningún método «create_funtion»: ¿quizá "
    "«create_function»?",
    's3.put_object(Bucket="si1p1")': "Falta el parámetro «Key», que es obligatorio.",
    'apigateway.delete_rest_api(restApiId="abcdefghij")': "No hay nada que borrar: ese API ya no existe.",
    'dynamodb.describe_table(TableName="nada")': "No existe la tabla «nada».",
    's3.download_file("si1p1", "user/pepe", "nada/pepe.json")': "No existe ese objeto, o no existe su bucket.",
}


def shown(page, source):  # noqa: F811
    """Run a cell and return the text of its output, in one line."""
    return " ".join(page.evaluate(RUN, source).split())


def test_a_students_mistakes_are_explained_on_the_screen(page, lab):  # noqa: F811
    open_notebook(page, lab, "06_dynamodb")
    first = 'falta ejecutar la primera celda, lab.open("dynamodb"), y las demás hasta esta'
    assert first in shown(page, "dynamodb.list_tables()") and first in shown(page, "%%comandos\n1")
    assert shown(page, OPEN) == shown(page, BREAK) == ""
    for source, sentence in MISTAKES.items():
        text = shown(page, source)
        assert sentence in text and "site-packages" not in text, text
    text = shown(page, "s3.list_buckets()")
    assert "{'Buckets': [{'Name': 'si1p1'" in text and "# Sin ResponseMetadata (HTTP 200)" in text


# Puts in the last cell a widget of a kernel that is gone; returns the text that follows what JupyterLab says of it.
LOST = """async () => {
    const cell = jupyterapp.shell.currentWidget.content.activeCell;
    const view = {model_id: 'nada', version_major: 2, version_minor: 0};
    const data = {'application/vnd.jupyter.widget-view+json': view, 'text/plain': 'Panel()'};
    cell.model.outputs.fromJSON([{output_type: 'display_data', data, metadata: {}}]);
    for (let tries = 0; tries < 50 && !cell.node.innerText.includes('model not found'); tries++)
        await new Promise(resolve => setTimeout(resolve, 200));
    const shown = cell.node.querySelector('.jp-OutputArea-output');
    return [shown.innerText, getComputedStyle(shown, '::after').content];
}"""


def test_a_widget_of_a_kernel_that_is_gone_says_that_the_first_cell_comes_first(page, lab):  # noqa: F811
    open_notebook(page, lab, "03_s3")
    assert shown(page, "1").endswith("1")
    page.evaluate("() => { console.error = () => {}; }")  # JupyterLab reports it there too
    said, after = page.evaluate(LOST)
    assert said == "Error displaying widget: model not found" and "primera celda del cuaderno, lab.open" in after
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.revert()")


TERMINAL = """async () => {
    await jupyterapp.commands.execute('terminal:create-new', {cwd: 'handlers'});
    await new Promise(resolve => setTimeout(resolve, 1500));
}"""
SCREEN = """() => {
    const buffer = jupyterapp.shell.currentWidget.content._term.buffer.active;
    return Array.from({length: buffer.length}, (_, row) => buffer.getLine(row).translateToString(true)).join('');
}"""


@pytest.mark.usefixtures("lab")
def test_the_terminal_has_the_labs_commands_and_says_so(page, lab):  # noqa: F811
    page.goto(lab.address)
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget", timeout=60_000)
    page.evaluate(TERMINAL)
    page.wait_for_function(f"() => ({SCREEN})().includes('Terminal del cuaderno')", timeout=20_000)
    page.keyboard.type("pwd; awslocal s3 mb s3://del-terminal; aws s3 ls; si1p1 status; echo fin $((1 + 1))\n")
    page.wait_for_function(f"() => ({SCREEN})().includes('fin 2')", timeout=60_000)
    screen = page.evaluate(SCREEN)
    assert f"Terminal del cuaderno: si1p1, awslocal y aws usan LocalStack, en {lab.emulator.url}" in screen
    assert str(SOLVED.root) in screen and "make_bucket: del-terminal" in screen and "en marcha" in screen
    assert re.search(r"\d\d:\d\d:\d\d del-terminal", screen)
    lab.client("s3").delete_bucket(Bucket="del-terminal")
