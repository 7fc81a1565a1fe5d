"""AWS Lambda handlers behind an API gateway. Who may call is the gateway's to say, so none is open by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import entry as entries

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"def \w*handler\w*\(\s*event\b[^)]*,\s*_?context")
_HTTP = re.compile(
    rb"queryStringParameters|pathParameters|httpMethod|requestContext|['\"]statusCode['\"]|rawPath|event(?:\[|\.get\()['\"]body"
)


def routes(project: Project) -> Iterator[Route]:
    """Each function that takes an event of the gateway."""
    for module in project.hinted(_HINT, "python"):
        if not _HTTP.search(module.file.data):
            continue
        for function in module.functions:
            names = [p.name.lstrip("_") for p in function.params]
            if "handler" in function.name and names[:2] == ["event", "context"]:
                yield entries.route(
                    project,
                    entries.Entry(
                        "aws-lambda", ("ANY",), f"/{function.name}", module, function.node, function, module,
                        public="gateway",
                    ),
                )  # fmt: skip
