"""The environment variables that decide where boto3 and the aws command send their requests."""

# These could still send them to a real account after the endpoint is set.
FOREIGN_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
