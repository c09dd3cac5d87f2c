"""LocalStack in this project: its process, and replacements for the parts of it that need Docker or Java."""
