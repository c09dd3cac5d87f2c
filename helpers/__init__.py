"""What the notebooks use around their boto3 calls: LocalStack, checkpoints, tables, the memoria."""

# What the cells import from here; each module's `__all__` lists the names meant for them.
__all__ = ["diagram", "evidence", "lab", "panel", "practice", "tables"]
