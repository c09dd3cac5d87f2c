"""What axe-core, the checker of accessibility, finds in a part of a page."""

from axe_playwright_python.sync_playwright import Axe

# JupyterLab's <body> is 0 px high and hides what is outside: for axe, everything.
SEEN = "html, body { height: 100% }"


def findings(page, *parts, without=()):
    """Return a line for each serious or critical finding in what is on the screen of `page` and matches `parts`.

    What matches one of `without` does not count. Fails if axe has read no text: nothing was looked at.
    """
    page.add_style_tag(content=SEEN)
    context = {"include": [[one] for one in parts], "exclude": [[one] for one in without]}
    found = Axe().run(page, context, {"resultTypes": ["violations", "passes"]}).response
    assert "color-contrast" in [rule["id"] for rule in found["passes"]]
    return [
        f"{rule['id']}: {node['html'][:200]}: {'; '.join(one['message'] for one in node['any'] + node['all'])}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
