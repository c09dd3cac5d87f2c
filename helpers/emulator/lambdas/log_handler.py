"""The thread that sends the logs of a function's invocations to CloudWatch Logs, replacing LocalStack's.

LocalStack's sends each log in a single call, however large, and does not limit how many logs wait.
"""

import contextlib
import logging
import time
from queue import Queue
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation import version_manager
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem, ShutdownPill
from localstack.utils.aws.client_types import ServicePrincipal

from helpers.emulator.lambdas.log_store import batches, bound, put

LOG = logging.getLogger(__name__)

# Logs of one version that may wait to be stored; until there is room, further invocations wait.
MAX_WAITING = 4
WAIT_S = 0.01


def install() -> None:
    """Make LocalStack's functions store their logs with this handler; call it before the first function exists."""
    version_manager.LogHandler = BoundedLogHandler  # type: ignore[attr-defined]  # a patch


class BoundedLogHandler(LogHandler):
    """Stores the logs of one version of a function, in a thread of its own."""

    log_queue: "Queue[LogItem | ShutdownPill]"

    def add_logs(self, log_item: LogItem) -> None:
        """Queue the log of an invocation to be stored, waiting while the queue is full.

        An invocation that ends after its function was updated finds the thread gone, and stores its log itself.
        """
        while self.log_queue.qsize() >= MAX_WAITING and not self._shutdown_event.is_set():
            time.sleep(WAIT_S)
        if self._shutdown_event.is_set():
            self._store(self._client(), log_item)
        else:
            super().add_logs(log_item)

    def run_log_loop(self, *args: object, **kwargs: object) -> None:
        """Store the logs in the queue, all that were there before `stop`."""
        client = self._client()
        while not isinstance(item := self.log_queue.get(), ShutdownPill):
            self._store(client, item)

    def _client(self) -> Any:
        return connect_to.with_assumed_role(
            region_name=self.region,
            role_arn=self.role_arn,
            service_principal=ServicePrincipal.lambda_,  # type: ignore[arg-type]  # LocalStack types it as a str
        ).logs

    def _store(self, client: Any, item: LogItem) -> None:
        """Store one log; of a failure, as LocalStack's own handler does, only tell."""
        where = {"logGroupName": item.log_group, "logStreamName": item.log_stream}
        account = self.role_arn.split(":")[4]
        try:
            for batch in batches(item.logs):
                if put(item.log_group, item.log_stream, batch, account, self.region):
                    continue
                try:
                    client.put_log_events(**where, logEvents=batch)
                except client.exceptions.ResourceNotFoundException:
                    self._create(client, where)
                    client.put_log_events(**where, logEvents=batch)
            bound(item.log_group, account, self.region)  # by now moto has been loaded
        except Exception as error:
            LOG.warning("Error saving logs to group %s in region %s: %s", item.log_group, self.region, error)

    @staticmethod
    def _create(client: Any, where: dict[str, str]) -> None:
        """Create the stream, and its group if missing."""
        for create, names in (
            (client.create_log_group, {"logGroupName": where["logGroupName"]}),
            (client.create_log_stream, where),
        ):
            with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
                create(**names)
