"""What the notebooks use around their boto3 calls: LocalStack, checkpoints, tables, the memoria."""
