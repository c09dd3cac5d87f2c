"""What the notebooks use around their boto3 calls: LocalStack, checkpoints, tables, the memoria."""

# What the cells import from here; each module's own `__all__` says what of it is for them.
__all__ = ["diagram", "evidence", "lab", "panel", "practice", "tables"]
