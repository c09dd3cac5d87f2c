"""The rules of keys and indexes, which creating a table and adding an index to it share."""

from collections.abc import Iterable, Sequence

from helpers.emulator.dynamodb.answers import invalid
from helpers.emulator.dynamodb.operations import Request, validation_error

MOST_KEYS_OF_A_KIND = 4  # in a global index; elsewhere the model's limit is two keys


def names(members: Iterable[Request]) -> list[str]:
    """Return the attributes' names of a key schema or of definitions, in their order."""
    return [member["AttributeName"] for member in members]


def check_defined(keys: Sequence[str], defined: Sequence[str]) -> None:
    """Raise ValidationException if a key has no definition."""
    if any(key not in defined for key in keys):
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(keys)}], AttributeDefinitions: [{', '.join(defined)}]"
        )


def check_kinds(schema: Sequence[Request]) -> None:
    """Raise ValidationException unless a schema of up to two keys is HASH, or HASH and RANGE (AWS, "CreateTable")."""
    if len(schema) > 1 and schema[0]["AttributeName"] == schema[1]["AttributeName"]:
        raise validation_error("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if schema[0]["KeyType"] != "HASH":
        raise validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(schema) > 1 and schema[1]["KeyType"] != "RANGE":
        raise validation_error("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def check_global_index(index: Request, defined: Sequence[str]) -> None:
    """Raise ValidationException for a wrong global index (AWS, "GlobalSecondaryIndex")."""
    schema = index["KeySchema"]
    check_defined(names(schema), defined)
    if len(schema) <= 2:
        check_kinds(schema)
    else:
        _check_several_keys(schema)
    _check_projection(index["Projection"])


def check_local_index(index: Request, defined: Sequence[str], table_hash: str) -> None:
    """Raise ValidationException for a wrong local index (AWS, "LocalSecondaryIndex")."""
    schema, name = index["KeySchema"], index["IndexName"]
    check_defined(names(schema), defined)
    check_kinds(schema)
    if len(schema) != 2:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    if (index_hash := schema[0]["AttributeName"]) != table_hash:
        raise invalid(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
            f"{name}. index hash key: {index_hash}, table hash key: {table_hash}"
        )
    _check_projection(index["Projection"])


def _check_several_keys(schema: Sequence[Request]) -> None:
    """Check a schema of several HASH and RANGE keys, in AWS since November of 2025."""
    kinds = [key["KeyType"] for key in schema]
    if len(set(names(schema))) < len(schema):
        raise validation_error("The KeySchema contains multiple key attributes with the same name")
    if kinds != sorted(kinds):
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > MOST_KEYS_OF_A_KIND:
            raise invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")


def _check_projection(projection: Request) -> None:
    """Raise ValidationException for a wrong projection (AWS, "Projection")."""
    kind, attributes = projection.get("ProjectionType"), projection.get("NonKeyAttributes") or []
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and not attributes:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and attributes:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    for position, attribute in enumerate(attributes):
        if attribute in attributes[:position]:
            raise invalid(f"Duplicate element in NonKeyAttributes: {attribute}")
