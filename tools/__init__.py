"""Tools that prepare `.venv` and maintain its locks; code that runs in it for a student does not import them."""
