"""DynamoDB for LocalStack without Java: every operation goes to the moto that LocalStack already carries."""

from localstack.aws.api.dynamodb import DynamodbApi
from localstack.services.plugins import ServiceLifecycleHook


class MotoDynamoDB(DynamodbApi, ServiceLifecycleHook):
    """A provider that implements nothing itself, so that LocalStack's dispatcher falls back to moto."""
