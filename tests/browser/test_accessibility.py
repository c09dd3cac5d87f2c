"""Our parts of JupyterLab for everybody: in both themes, on wide and narrow screens, and with the keyboard alone."""

import pytest
from accessibility import findings
from test_browser import lab, open_notebook, page, press, pytestmark, run_all, sees, show_tab, use_theme

__all__ = ["lab", "page", "pytestmark"]

TABS = ["LocalStack", "Recursos", "API", "Llamadas", "Registro", "Preguntas", "Memoria"]
PANEL = ".jp-Cell .jupyter-widgets:not(.jupyter-widgets *)"
SHOWN = (".jp-OutputArea-output", ".jp-RenderedMarkdown")
NOT_OURS = (PANEL, ".jp-InternalAnchorLink")  # the panel, seen already, and the ¶ of JupyterLab's headings
# What a cell of ours shows: a table, a check, an expected error, commands of the terminal, the two drawings; and a
# question and its answer.
KINDS = (
    "table.dataframe", ".verdict-holds", ".expected-error", 'pre:has-text("# En el terminal")',
    'img[alt^="Lo que ha pasado"]', 'img[alt^="Arquitectura"]', ".cell-tag-pregunta", ".cell-tag-respuesta",
)  # fmt: skip
# The kernel of an earlier test still runs, and counts the hints that it has given.
HINT = r'.jupyter-widgets:visible :text-matches("\\(pista |última pista\\)")'
NARROW = 1024  # what axe finds depends on the colours, not on the width: there it is not asked again
SCROLL_BARS = """() => Array.from(document.querySelectorAll('.jp-OutputArea-output, .jp-OutputArea-output *'))
    .filter(one => one.checkVisibility() && one.clientWidth
        && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)
        && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight))
    .map(one => [one.className, one.textContent.slice(0, 80), one.clientWidth, one.scrollWidth, one.clientHeight,
        one.scrollHeight])"""


def use(page, tab):
    """Fill a page of the panel with what it shows."""
    show_tab(page, tab)
    if tab == "API":
        press(page, tab, "Enviar")
        sees(page, "200 OK")
    elif tab == "Registro":
        page.select_option(".widget-dropdown:visible select", "user_lambda_dynamo")
        press(page, tab, "Seguir")
        sees(page, "REPORT RequestId")
        press(page, tab, "Dejar de seguir")
    elif tab == "Preguntas":
        press(page, tab, "Comprobar todas")
        page.click('.jupyter-button:visible:text-is("Pista") >> nth=0')
        page.wait_for_selector(HINT)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1440, NARROW])
def test_it_is_read_without_scroll_bars_in_both_themes(page, lab, width, theme):
    page.set_viewport_size({"width": width, "height": 900})
    open_notebook(page, lab, "06_dynamodb")
    run_all(page)
    use_theme(page, theme)
    try:
        assert page.locator(".jupyter-widget-tab .lm-TabBar-tabLabel").all_text_contents() == TABS
        for tab in TABS:
            use(page, tab)
            page.wait_for_timeout(300)
            assert page.evaluate(SCROLL_BARS) == [], tab
            assert width == NARROW or findings(page, PANEL) == [], tab
        for kind in KINDS:
            page.locator(f".jp-Notebook {kind}").last.scroll_into_view_if_needed()
            assert page.evaluate(SCROLL_BARS) == [], kind
            assert width == NARROW or findings(page, *SHOWN, without=NOT_OURS) == [], kind
    finally:
        use_theme(page, "Light")


FOCUSED = "document.activeElement"
NAME = "one => (one.labels?.[0] ?? one).textContent"
CONTROLS = """() => Array.from(document.querySelectorAll(
    '.jupyter-widget-tab :is(button, select, input, textarea, a)')).filter(one => one.offsetParent)"""


def focused(page):
    """Return the name of what has the focus, or None if it is outside the panel."""
    return page.evaluate(f"() => {FOCUSED}.closest('.jupyter-widgets') && ({NAME})({FOCUSED})")


def reach(page, name, key="Tab"):
    """Press `key` until `name` has the focus."""
    for _ in range(30):
        if focused(page) == name:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{name} is not reached: the focus is in {focused(page)}")


def act(page, name, says, key="Enter"):
    """Reach a control, press `key` on it, wait until the panel says what it does; the focus stays there."""
    reach(page, name)
    page.keyboard.press(key)
    sees(page, says)
    assert focused(page) == name


def use_with_keys(page, tab):
    """Use the controls of a page of the panel, in the order in which they are."""
    if tab == "LocalStack":
        act(page, "Arrancar", "LocalStack está en marcha.")
    elif tab == "Recursos":
        act(page, "Volver al inicio de la sección", "Puesto como al principio", key="Space")
    elif tab == "API":
        assert choose(page, "Método", "ArrowDown") == "GET" and choose(page, "Método", "ArrowUp") == "POST"
        reach(page, "username")
        page.keyboard.press("Control+A")
        page.keyboard.type("ana")
        act(page, "Enviar", "user/ana/data.json")
    elif tab == "Llamadas":
        assert choose(page, "Servicio", "ArrowDown") == "S3" and choose(page, "Servicio", "l") == "Lambda"
    elif tab == "Registro":
        reach(page, "Seguir")
        page.keyboard.press("Enter")
        page.wait_for_selector('button:text-is("Dejar de seguir")')
        page.keyboard.press("Space")
        page.wait_for_selector('button:text-is("Seguir")')
    elif tab == "Preguntas":
        reach(page, "Pista")
        page.keyboard.press("Space")
        page.wait_for_selector(HINT)
        assert focused(page) == "Pista"
    else:
        act(page, "Preparar entrega", "Estos son los cuadernos resueltos")


def choose(page, name, key):
    """Press `key` on a list that drops down; return what it has chosen."""
    reach(page, name)
    page.keyboard.press(key)
    page.wait_for_timeout(500)
    # Until the kernel has it: a second choice before that would come after the button's message.
    page.wait_for_function("jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'")
    assert focused(page) == name, "the key went to the notebook"
    return page.evaluate(f"() => {FOCUSED}.selectedOptions[0].text")


@pytest.mark.timeout(600)
def test_the_keyboard_alone_is_enough_for_the_panel(page, lab):
    open_notebook(page, lab, "06_dynamodb")
    for _ in range(6):
        page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".jupyter-widget-tab", timeout=60_000)
    page.keyboard.press("ArrowUp")
    reach(page, "Poner al lado")
    for tab in TABS:
        reach(page, tab, key="Tab" if tab == TABS[0] else "ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_selector(f'.jupyter-widget-tab .lm-mod-current :text-is("{tab}")')
        page.wait_for_timeout(500)
        there = page.evaluate(f"() => ({CONTROLS})().map({NAME})")
        reached = []
        while reached[-1:] != [None]:
            page.keyboard.press("Tab")
            reached.append(focused(page))
        assert there and reached == [*there, None], tab
        reach(page, tab, key="Shift+Tab")
        use_with_keys(page, tab)
        reach(page, tab, key="Shift+Tab")
    reach(page, "Poner al lado", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector('.lm-DockPanel-tabBar .lm-TabBar-tabLabel:text("Panel: 6. DynamoDB")')
    # While this kernel lives, the notebook opens with it again.
    page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
