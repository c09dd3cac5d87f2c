"""The practice as data: its questions, how each section starts, its answers, who signs, and what is handed in."""

# What the cells import from here.
__all__ = ["answers", "authors", "files"]
