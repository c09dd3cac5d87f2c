"""The count of functions' invocations and errors in CloudWatch, sent once a second and not at each invocation.

LocalStack starts a thread and makes a request for each, half of the work of a call (benchmarks/README.md). AWS itself
counts by the minute: "Viewing metrics for Lambda functions" (Lambda Developer Guide).
"""

import itertools
import logging
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation import version_manager
from localstack.utils.bootstrap import is_api_enabled

LOG = logging.getLogger(__name__)

NAMESPACE = "AWS/Lambda"
PERIOD_S = 1
# PutMetricData (CloudWatch API Reference): the metrics of one request.
MAX_METRICS = 1_000


class Metric(NamedTuple):
    """What is counted: `name` is CloudWatch's."""

    account: str
    region: str
    function: str
    name: str


class Metrics:
    """Counts that wait to be sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Metric] = Counter()

    def invocation(self, function_name: str, account_id: str, region_name: str) -> None:
        """Count an invocation that ended well."""
        self._add(Metric(account_id, region_name, function_name, "Invocations"))

    def error(self, function_name: str, account_id: str, region_name: str) -> None:
        """Count an invocation that failed."""
        for name in ("Invocations", "Errors"):
            self._add(Metric(account_id, region_name, function_name, name))

    def _add(self, metric: Metric) -> None:
        with self._lock:
            if not self._counts:
                threading.Thread(target=self._send_later, daemon=True, name="lambda-metrics").start()
            self._counts[metric] += 1

    def _send_later(self) -> None:
        time.sleep(PERIOD_S)
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for where, found in itertools.groupby(sorted(counts), key=lambda metric: metric[:2]):
            for some in itertools.batched(found, MAX_METRICS, strict=False):
                _send(where, [_as_aws(metric, counts[metric]) for metric in some])


def _as_aws(metric: Metric, count: int) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": metric.function}]
    return {"MetricName": metric.name, "Dimensions": dimensions, "Values": [1], "Counts": [count]}


def _send(where: tuple[str, str], metrics: list[dict[str, Any]]) -> None:
    account, region = where
    try:
        client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
        client.put_metric_data(Namespace=NAMESPACE, MetricData=metrics)
    except Exception as error:  # as LocalStack does
        LOG.info("Unable to put metrics of functions to CloudWatch: %s", error)


def install() -> None:
    """Make LocalStack's functions count with these; call it before the first function exists."""
    if is_api_enabled("cloudwatch"):
        metrics = Metrics()
        for name, count in (("invocation", metrics.invocation), ("error", metrics.error)):
            setattr(version_manager, f"record_cw_metric_{name}", count)
