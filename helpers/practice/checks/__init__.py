"""A check for each question: what is shown to be true of the student's work, or what is missing and where to look.

A check is a function that takes the `Evidence` and returns a sentence with what it has seen, or raises `Missing` or
`Unknown`. It looks at what the cloud holds and at what the journal says, never at variables, and leaves the cloud as it
was.
"""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from requests import RequestException

from helpers.errors import QuestionError, Si1p1Error
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import Missing, Unknown, Verdict
from helpers.practice.questions import QUESTIONS

type Check = Callable[[Evidence], str]

CHECKS: dict[str, Check] = {}

_paragraph: Callable[[BaseException], str | None] = str


def of(question: str) -> Callable[[Check], Check]:
    """Register the check of `question`."""

    def register(check: Check) -> Check:
        CHECKS[question] = check
        return check

    return register


def explain_errors_with(paragraph: Callable[[BaseException], str | None]) -> None:
    """Use `paragraph` to say what an error of AWS or of LocalStack means to the student."""
    global _paragraph
    _paragraph = paragraph


def check(question: str) -> Verdict:
    """Return the verdict on `question`; raises `QuestionError` if there is no such question."""
    # They register theirs.
    from helpers.practice.checks import (  # noqa: F401
        api_deployment,
        api_gateway,
        aws_lambda,
        dynamodb,
        dynamodb_functions,
        restart,
        s3,
    )

    sections = {one.id: one.section for one in QUESTIONS}
    if question not in sections:
        raise QuestionError(f"No hay ninguna pregunta «{question}». Son: {', '.join(sections)}.")
    try:
        evidence = Evidence(sections[question])
        with evidence:
            holds = CHECKS[question](evidence)
    except Missing as missing:
        cause = "" if missing.depends_on == question else missing.depends_on
        return Verdict(question, False, missing.found, missing.look_at, cause)
    except Unknown as unknown:
        return Verdict(question, None, str(unknown))
    except (ClientError, BotoCoreError, RequestException, Si1p1Error) as error:
        return Verdict(question, False, _paragraph(error) or str(error))
    return Verdict(question, True, holds, notes=tuple(evidence.notes))
