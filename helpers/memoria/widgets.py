"""Widgets on paper: what they showed, from the state saved in the notebook."""

from collections.abc import Mapping
from html import escape
from typing import Any

from nbformat import NotebookNode

from helpers.notebook_file import sound_output

VIEW = "application/vnd.jupyter.widget-view+json"
MAX_MODELS = 1000  # nested, each counted every time that it appears
STATE = "application/vnd.jupyter.widget-state+json"


def states(notebook: NotebookNode) -> Mapping[str, Any]:
    """Return the models of the notebook's widgets that are whole, by their ids."""
    found: Any = notebook.metadata
    for key in ("widgets", STATE, "state"):
        found = found.get(key) if isinstance(found, dict) else None
    models = found.items() if isinstance(found, dict) else ()
    return {name: model for name, model in models if isinstance(model, dict) and isinstance(model.get("state"), dict)}


def merge_states(notebooks: list[NotebookNode]) -> dict[str, Any]:
    """Return the `widgets` metadata of a document made of `notebooks`."""
    state = {model: value for notebook in notebooks for model, value in states(notebook).items()}
    return {STATE: {"state": state, "version_major": 2, "version_minor": 0}}


def show(notebook: NotebookNode) -> None:
    """Replace each widget among the outputs with the HTML of what it showed."""
    models = states(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if VIEW in output.get("data", {}):
                # An output's own HTML, such as the panel's, takes precedence.
                html = output.data.get("text/html") or to_html(_model_id(output.data[VIEW]), models)
                output.data = NotebookNode({"text/html": html} if html else {"text/plain": "(control interactivo)"})


def to_html(model_id: str, models: Mapping[str, Any]) -> str:
    """Return the HTML of one model and those inside it; empty if it shows nothing on paper."""
    pending, pieces = [model_id], list[str]()
    for _ in range(MAX_MODELS):
        if not pending:
            return "".join(pieces)
        model = models.get(pending.pop(), {"state": {}})
        children = model["state"].get("children", [])
        pending += [
            _model_id({"model_id": child}) for child in reversed(children if isinstance(children, list) else [])
        ]
        try:
            pieces.append(own_html(model))
        except (AttributeError, IndexError, KeyError, TypeError):  # no state that its kind of control ever has
            pieces.append("<p>(control interactivo)</p>")
    return "".join([*pieces, f"<p><em>(se omiten los controles que siguen a los {MAX_MODELS} primeros)</em></p>"])


def _model_id(reference: Any) -> str:
    name = reference.get("model_id") if isinstance(reference, dict) else ""
    return name.removeprefix("IPY_MODEL_") if isinstance(name, str) else ""


def own_html(model: Mapping[str, Any]) -> str:
    """Return the HTML of one model without those inside it."""
    state, name = model["state"], model.get("model_name", "")
    if "children" in state:
        return ""
    if name == "OutputModel":
        return "".join(output_html(sound_output(output)) for output in state.get("outputs", []))
    if name in ("HTMLModel", "HTMLMathModel", "LabelModel"):
        return f"<div>{state.get('value', '')}</div>"
    value = chosen(state)
    if name == "ButtonModel" or value is None:
        return ""
    return f"<p>{escape(state.get('description') or '')}: <strong>{escape(str(value))}</strong></p>"


def chosen(state: Mapping[str, Any]) -> Any:
    """Return the value of a control, or None; a selection stores the positions of its labels instead of a value."""
    if "_options_labels" not in state:
        return state.get("value")
    positions = state["index"] if isinstance(state.get("index"), list) else [state.get("index")]
    labels = [state["_options_labels"][position] for position in positions if position is not None]
    return ", ".join(labels) or None


def output_html(output: Mapping[str, Any]) -> str:
    """Return the HTML of one output inside an Output widget."""
    if output["output_type"] == "stream":
        return f"<pre>{escape(output['text'])}</pre>"
    if output["output_type"] == "error":
        return f"<pre>{escape(output['ename'])}: {escape(output['evalue'])}</pre>"
    data = output["data"]
    return data["text/html"] if "text/html" in data else f"<pre>{escape(data.get('text/plain', ''))}</pre>"
