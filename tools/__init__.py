"""What prepares `.venv` and keeps its locks; nothing that runs in it for a student imports from here."""
