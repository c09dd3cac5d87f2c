"""What is left of a version of a function when another code or configuration takes its place, or it is deleted.

LocalStack stops the environments of the old version once. One that was still starting is not among them, and its
process would stay until LocalStack stops those that are not used.
"""

from localstack.services.lambda_.invocation import lambda_service
from localstack.services.lambda_.invocation.lambda_models import Invocation, InvocationResult
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager


def install() -> None:
    """Make LocalStack's functions have versions of this kind; call it before the first function exists."""
    lambda_service.LambdaVersionManager = CleanVersionManager  # type: ignore[attr-defined]  # a patch


class CleanVersionManager(LambdaVersionManager):
    """Stops the environments of its version again after each invocation that outlives it."""

    def invoke(self, *, invocation: Invocation) -> InvocationResult:
        """Run one invocation."""
        try:
            return super().invoke(invocation=invocation)
        finally:
            if self.shutdown_event.is_set():
                self.assignment_service.stop_environments_for_version(self.id)
