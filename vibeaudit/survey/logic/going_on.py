"""Refusals that stop nobody: an answer that is made and not returned, an error that is made and not thrown. What the
caller was refused is done all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Branch, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"40[13]\b|redirect\(|Forbidden|PermissionDenied|Unauthorized|sendStatus|FORBIDDEN|UNAUTHORIZED")
_ABOUT_CALLER = re.compile(
    r"(?i)user|session|auth|admin|\brole|token|log(?:ged)?_?in|owner|permi(?:t|ssion)|\bstaff|superuser|member|signature"
    r"|secret|api_?key|\bsigned|\bcan_?[a-z]|moderator|is_?allowed|employee|customer|manager|teacher|doctor|seller|vendor"
)
_STOPS = re.compile(r"\b(?:return|throw|raise|break|continue|process\.exit|sys\.exit|yield)\b|\babort\(|\bnext\(\s*\S")
# made and thrown away: an answer of a framework that answers with what is returned, or an error
_PYTHON = re.compile(
    r"(?:redirect|(?:flask\.|django\.\w+\.)?make_response|HttpResponse(?:Forbidden|Redirect|PermanentRedirect)?|RedirectResponse"
    r"|(?:JSON|Json)?Response|JsonResponse|jsonify|(?:fastapi\.|starlette\.\w+\.)?HTTPException|PermissionDenied"
    r"|exceptions\.PermissionDenied|NotAuthenticated|Forbidden|Unauthorized|PermissionError|redirect_to_login)\("
)
_PYTHON_REFUSAL = re.compile(
    r"(?i)\b40[13]\b|redirect|forbidden|denied|unauthori[sz]ed|NotAuthenticated|PermissionError|login"
)
_SCRIPT_MADE = re.compile(
    r"(?:NextResponse\.(?:json|redirect|rewrite)|Response\.(?:json|redirect)|new\s+(?:Next)?Response|createError"
    r"|new\s+(?:\w*(?:Unauthorized|Forbidden|Authentication|Authorization|Permission|Access)\w*(?:Error|Exception)?|HttpException"
    r"|TRPCError|GraphQLError|HTTPException|ApiError|AppError|HttpError))\s*\("
)
_SCRIPT_SENT = re.compile(
    r"\.(?:status|code|sendStatus)\(\s*(?:40[13]|[\w.]*(?:UNAUTHORIZED|FORBIDDEN))\b|\.writeHead\(\s*40[13]\b"
    r"|\bstatus(?:Code)?\s*=\s*40[13]\b|\b(?:res|response|reply|ctx)\.redirect\("
)
_SCRIPT_REFUSAL = re.compile(r"(?i)\b40[13]\b|unauthori[sz]ed|forbidden|denied|/(?:log-?in|sign-?in|auth)|access")
_PASSES_ON = re.compile(r"\bnext\(\s*\)")
_WRITES = re.compile(
    r"(?i)^(?:save|create\w*|insert\w*|update\w*|upsert\w*|delete\w*|destroy\w*|remove\w*|bulk\w*|findBy\w*And\w+|findOneAnd\w+"
    r"|decrement|increment|softDelete|unlink\w*|writeFile\w*|transfer\w*|refund\w*|approve\w*|set\w*Role)$"
)
_SQL_WRITES = re.compile(r"(?i)[\"'`]\s*(?:insert\s+into|update|delete\s+from)\s")
_COMMENT = re.compile(r"#[^\n\"']*(?=\n|$)")
_MAX_FUNCTION = 12_000


def going_on(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The refusal."""
    seen: set[int] = set()
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        for branch in module.branches_in(function.body):
            if branch.node.start_byte in seen or branch.otherwise or not _about_caller(branch):
                continue
            seen.add(branch.node.start_byte)
            refusal = _refusal(module, branch)
            if refusal is not None and _goes_on(module, branch, refusal):
                yield "refuses and goes on", refusal, ""


def _about_caller(branch: Branch) -> bool:
    return _ABOUT_CALLER.search(text_of(branch.condition)[:500]) is not None


def _statements(block: Node) -> list[Node]:
    inside = block.named_children if block.type in ("block", "statement_block") else [block]
    return [n for n in inside if n.type != "comment"]


def _refusal(module: Module, branch: Branch) -> Node | None:
    """The statement that would have been the refusal, if nothing in the branch leaves."""
    then = module.code_in(branch.then)[:1500]
    if module.kind == "python":
        then = _COMMENT.sub(" ", then)
    statements = _statements(branch.then)
    if _STOPS.search(then) or not statements or len(statements) > 4:
        return None
    for statement in reversed(statements):
        if statement.type != "expression_statement":
            return None
        said = text_of(statement).strip().removeprefix("await ")
        if _of_python(said) if module.kind == "python" else _of_script(said):
            return statement
    return None


def _of_python(said: str) -> bool:
    return _PYTHON.match(said.lstrip("(")) is not None and _PYTHON_REFUSAL.search(said) is not None


def _of_script(said: str) -> bool:
    refuses = _SCRIPT_REFUSAL.search(said) is not None
    if _SCRIPT_MADE.match(said):
        return refuses
    return _SCRIPT_SENT.search(said) is not None and (refuses or ".redirect(" not in said)


def _goes_on(module: Module, branch: Branch, refusal: Node) -> bool:
    """Whether what follows is more than what the branch left out."""
    after, node = [], branch.node.next_named_sibling
    while node is not None:
        if node.type not in ("comment", "function_declaration"):
            after.append(node)
        node = node.next_named_sibling
    if not after or (len(after) == 1 and after[0].type == "if_statement"):
        return False
    text = "\n".join(module.code_in(n) for n in after)[:6000]
    made = module.kind == "python" or _SCRIPT_MADE.match(text_of(refusal).strip().removeprefix("await "))
    calls = [c for n in after for c in module.calls_in(n)]
    if made:  # nothing was sent: all the rest is done, and answered
        return bool(calls) or "return" in text
    return bool(_PASSES_ON.search(text)) or any(
        _WRITES.match(c.last) or _SQL_WRITES.search(text_of(c.node)[:300]) for c in calls if not _answers(c.name)
    )


def _answers(name: str) -> bool:
    return re.match(r"(?:res|response|reply|ctx|console|logger|log)\.", name) is not None
