"""The practice as data: its questions, how each section starts, its answers, its authors and the entrega."""

# What the cells import from here.
__all__ = ["answers", "authors", "files"]
