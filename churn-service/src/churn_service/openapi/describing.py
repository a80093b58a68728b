"""The path of the document itself."""

from churn_service.openapi.parts import JSON, Operation, Paths, answer, media, ref


def describing_paths() -> Paths:
    """Return the path that describes all the others."""
    return {
        "/openapi.json": {
            "get": Operation(
                id="openapi",
                tag="Scoring",
                summary="This document",
                description="Made from the schema of the model in charge.",
                parameters=[ref("parameters", "IfNoneMatch")],
                answers={
                    "200": answer("OpenAPI 3.1.", {JSON: media({"type": "object"})}, "ETag"),
                    "304": {"description": "You have it already."},
                },
                refusals=(503,),
            )
        }
    }
