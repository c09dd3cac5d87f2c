"""Lambda without Docker: LocalStack's executor, and the programs that run a function in a child process."""
