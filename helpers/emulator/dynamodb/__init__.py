"""DynamoDB without Java: the moto that LocalStack carries keeps the tables, and what it answers is made as AWS's."""
