"""The panel's page of the questions: those of the section, each with what its check says and its hints."""

from collections.abc import Callable

import ipywidgets as widgets

from helpers import practice
from helpers.panel.parts import Actions, Page, html
from helpers.practice import answers
from helpers.practice.checks.verdict import SIGNS, Verdict
from helpers.practice.questions import QUESTIONS
from helpers.workbook import current

NOT_CHECKED = "○"
NOTE = "<p>✓ comprobada, ✗ falta algo, ? no se puede saber, ○ por comprobar.</p>"


class QuestionsPage(Page):
    """A row for each question of a section, and how many of all the sections are done."""

    def __init__(self, section: str, actions: Actions) -> None:
        self.signs: dict[str, widgets.Label] = {}
        self._notes: dict[str, widgets.HTML] = {}
        self._seen: dict[str, bool | None] = {}  # in this kernel
        self.progress = html(kind="panel-progress")
        rows = [self._row(one.id, actions) for one in QUESTIONS if one.section == section]
        every = actions.button("Comprobar todas", self.check_all)
        super().__init__([*([every, html(NOTE), *rows] if rows else []), self.progress])

    def _row(self, question: str, actions: Actions) -> widgets.Widget:
        self.signs[question] = widgets.Label(NOT_CHECKED, layout=widgets.Layout(width="1.5em", margin="2px"))
        self._notes[question] = html()
        name = widgets.Label(question, layout=widgets.Layout(width="9.5em"))

        def named(text: str, action: Callable[[str], object]) -> widgets.Button:
            return actions.button(text, lambda: action(question), tooltip=f"{text}: {question}")

        line = [self.signs[question], name, named("Comprobar", self.check), named("Pista", self.hint)]
        return widgets.VBox([widgets.HBox(line), self._notes[question]])

    def check_all(self) -> None:
        """Check every question of the section."""
        for question in self.signs:
            self.check(question)

    def check(self, question: str) -> None:
        """Check a question and show what the check says."""
        verdict = practice.check(question)
        self.learn(verdict)
        self._notes[question].value = str(verdict._repr_mimebundle_()["text/html"])

    def hint(self, question: str) -> None:
        """Show the next hint for a question."""
        self._notes[question].value = practice.hint(question)._repr_html_()

    def learn(self, verdict: Verdict) -> None:
        """Show the sign of a verdict, a cell's too."""
        self._seen[verdict.question] = verdict.ok
        if verdict.question in self.signs:
            self.signs[verdict.question].value = SIGNS[verdict.ok]

    def refresh(self) -> None:
        """Show what the notebooks say as they are saved, and of what this kernel has checked, what it found."""
        self.progress.value = answers.progress()._repr_html_()
        known = answers.verdicts(current()) | self._seen
        for question, sign in self.signs.items():
            sign.value = SIGNS[known[question]] if question in known else NOT_CHECKED
