"""From executed notebooks to the memoria as a PDF."""
