"""REST APIs as AWS serves them: LocalStack's, with what it passes to a function and makes of its answer corrected."""
