"""Which bodies are bytes rather than text, by the API's `binaryMediaTypes`.

Source: "Binary media types for REST APIs in API Gateway" (API Gateway Developer Guide).
"""

from collections.abc import Sequence

from localstack.services.apigateway.next_gen.execute_api.helpers import mime_type_matches_binary_media_types

ALL = "*/*"


def is_binary(header: str | None, types: Sequence[str] | None) -> bool:
    """Tell whether `types` has the first media type of a Content-Type or Accept header; `*/*` has any, even none."""
    types = types or ()
    return ALL in types or mime_type_matches_binary_media_types(header, list(types))
