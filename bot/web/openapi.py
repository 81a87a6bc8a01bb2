"""The API described as OpenAPI, and a page that shows it without loading anything from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.web.access import Role, require
from bot.web.problems import MEDIA_TYPE
from bot.web.wording import phrase

_FOLDER = Path(__file__).parent / "templates"
_METHODS = ("get", "post", "put", "patch", "delete")

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Role.READER))])


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI description."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The same for people."""
    description: Mapping[str, Any] = request.app.openapi()
    style = _style()
    page = _template().render(
        info=description["info"],
        groups=[(tag, list(_operations(description, tag["name"]))) for tag in description["tags"]],
        schemas=description["components"]["schemas"],
        style=style,
        phrase=phrase,
        json=_pretty,
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


class Described(FastAPI):
    """An application whose OpenAPI description names problems by their own media type alone."""

    def openapi(self) -> dict[str, Any]:
        """The description; it is made once."""
        if self.openapi_schema is None:
            description = super().openapi()
            for item in description["paths"].values():
                for operation in item.values():
                    for response in operation["responses"].values():
                        if MEDIA_TYPE in response.get("content", {}):
                            del response["content"]["application/json"]
        return super().openapi()


def _operations(description: Mapping[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    """The operations of a group with what their page shows."""
    for path, item in description["paths"].items():
        for method in _METHODS:
            operation = item.get(method)
            if operation and tag in operation.get("tags", ()):
                body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
                yield {
                    **operation,
                    "description": operation.get("description", ""),
                    "path": path,
                    "method": method.upper(),
                    "parameters": operation.get("parameters", ()),
                    "body": _name(body),
                    "example": _example(description, body),
                    "gives": _name(_content(operation)),
                    "problems": [status for status in operation["responses"] if not status.startswith("2")],
                }


def _content(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    given: Mapping[str, Any] = next((r for status, r in operation["responses"].items() if status.startswith("2")), {})
    return cast("Mapping[str, Any]", given.get("content", {}).get("application/json", {}).get("schema", {}))


def _name(schema: Mapping[str, Any]) -> str:
    """The name of a schema, with brackets where there is a list of it."""
    if "items" in schema:
        return f"{_name(schema['items'])}[]"
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _example(description: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found = description["components"]["schemas"].get(_name(schema), {})
    return _pretty(found["example"]) if "example" in found else ""


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


@cache
def _style() -> str:
    return (_FOLDER / "docs.css").read_text("utf-8")


@cache
def _template() -> Any:  # noqa: ANN401 (Jinja ships it untyped)
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("docs.html")
