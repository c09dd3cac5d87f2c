"""The thread that takes a function's asynchronous invocations from their queue, replacing LocalStack's.

LocalStack's takes ten events at a time, also when it has no thread free to run them. If the function is updated then,
those not begun stay hidden in the queue for the function's time-out and another minute before its new version gets
them; and one that waits for a thread longer than that runs twice.

"How Lambda handles errors and retries with asynchronous invocation" (Lambda Developer Guide) says that a throttled
event returns to the queue and is tried again for up to six hours, at intervals from one second to five minutes.
LocalStack's interval is always a second, which stays: nobody wants to wait for minutes here.
"""

import contextlib
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localstack.aws.api.lambda_ import LastUpdateStatus
from localstack.services.lambda_.invocation import event_manager
from localstack.services.lambda_.invocation.event_manager import Poller, get_sqs_client
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

from helpers.emulator.lambdas.successor import successor

LOG = logging.getLogger(__name__)

# Events of one function that run at the same time, each in a process of its own; AWS's limit is the account's.
MAX_RUNNING = 8

# How long a poller waits before it looks whether it has been stopped; LocalStack waits 3 s for it to end.
WAIT_S = 1
# How long an event stays hidden from other pollers, after the time that its function has to run it.
HIDDEN_S = 60


def install() -> None:
    """Make LocalStack's functions take their events with this poller; call it before the first function exists."""
    event_manager.Poller = EventPoller  # type: ignore[misc]  # a patch


class EventPoller(Poller):
    """Takes an event when a thread is free to run it, and gives back what it has not begun when it is stopped."""

    def __init__(self, version_manager: LambdaVersionManager, event_queue_url: str) -> None:
        super().__init__(version_manager, event_queue_url)
        self.invoker_pool = ThreadPoolExecutor(MAX_RUNNING, f"lambda-invoker-{version_manager.function_arn}")
        self._free = threading.Semaphore(MAX_RUNNING)

    def run(self, *args: object, **kwargs: object) -> None:
        """Run the queue's events until `stop`."""
        while not self._shutdown_event.is_set():
            if not self._free.acquire(timeout=WAIT_S):
                continue
            try:
                message = self._receive()
            except Exception as error:  # as LocalStack's own poller does: report it and go on
                LOG.warning("Error polling the events of %s: %s", self.version_manager.function_arn, error)
                message = None
                time.sleep(WAIT_S)
            if message:
                self.invoker_pool.submit(self.handle_message, message)
            else:
                self._free.release()
        self.invoker_pool.shutdown(wait=False)

    def stop(self) -> None:
        """Take no more events; those that are running go on."""
        self._shutdown_event.set()

    def handle_message(self, message: dict[str, Any]) -> None:
        """Run the event in `message`, or give it back if by now it is for another version."""
        try:
            if self._shutdown_event.is_set() or self._is_replaced():
                self._give_back(message)
            else:
                super().handle_message(message)
        finally:
            self._free.release()

    def _is_replaced(self) -> bool:
        """Tell whether another version serves already, which is just before this poller is stopped."""
        new = successor(self.version_manager.function_version)
        update = new.config.last_update if new else None
        return update is not None and update.status != LastUpdateStatus.InProgress

    def _receive(self) -> dict[str, Any] | None:
        received = get_sqs_client(self.version_manager.function_version).receive_message(
            QueueUrl=self.event_queue_url,
            WaitTimeSeconds=WAIT_S,
            MaxNumberOfMessages=1,
            VisibilityTimeout=self.version_manager.function_version.config.timeout + HIDDEN_S,
        )
        return next(iter(received["Messages"] or []), None)

    def _give_back(self, message: dict[str, Any]) -> None:
        queue = get_sqs_client(self.version_manager.function_version)
        with contextlib.suppress(ValueError):  # the function was deleted, and its queue with it
            queue.send_message(QueueUrl=self.event_queue_url, MessageBody=message["Body"])
            queue.delete_message(QueueUrl=self.event_queue_url, ReceiptHandle=message["ReceiptHandle"])
