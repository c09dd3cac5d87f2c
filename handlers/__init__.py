"""The Lambda functions of the practice and the micro-service of its first part."""
