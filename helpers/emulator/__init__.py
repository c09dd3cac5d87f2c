"""LocalStack inside this project: its life as a process, and the parts of it that need no Docker and no Java."""
