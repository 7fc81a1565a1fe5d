"""What Django's serializers and queries answer of people: password hashes of whole rows, account numbers by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import python
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.code import Call, Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"ModelSerializer|\.values(?:_list)?\(")
_ALL = re.compile(r"\bfields\s*=\s*(?:['\"]__all__['\"]|(?:\w+\.)?ALL_FIELDS)")
_MODEL = re.compile(r"\bmodel\s*=\s*(?:get_user_model\(\)|(?:\w+\.)*(?P<name>\w+))")
_DEPTH = re.compile(r"\bdepth\s*=\s*[1-9]")
_TO_ACCOUNT = re.compile(
    r"^[ \t]+(?P<column>\w+)\s*=\s*models\.(?:ForeignKey|OneToOneField|ManyToManyField)\(\s*(?:to\s*=\s*)?"
    r"(?:settings\.AUTH_USER_MODEL|get_user_model\(\)|['\"]?(?:\w+\.)*(?P<model>\w+))",
    re.MULTILINE,
)
_LISTS = re.compile(
    r"(?:^|\.)(?:\w*List\w*|\w*Retrieve\w*|ModelViewSet|ReadOnlyModelViewSet)(?:APIView|ModelMixin|ViewSet)?$"
)
_SENSITIVE = re.compile(
    r"(?:\w+__)?(?:iban|ssn|(?:bank_?)?account_?number|card_?number|cvv|password|pin|aadhaar(?:_?number)?|passport(?:_?number)?"
    r"|medical\w*|diagnos[ie]s|salary|national_?id|tax_?id|(?:otp|totp|mfa)_?(?:secret|code))",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"(?:^|\.)(?:JsonResponse|Response|dumps)$")
_OF_CALLER = re.compile(r"\brequest\.user\b")
_FOR_FEW = re.compile(r"(?i)admin|staff|superuser|manager|permission_required")


def answered_rows(project: Project, module: Module) -> Iterator[Node]:
    """Serializers that show accounts whole, and queries of everybody's rows that name what is nobody's business."""
    for klass in module.classes:
        if any("ModelSerializer" in b for b in klass.bases):
            yield from _whole(project, module, klass)
    for call in module.calls:
        if call.last not in ("values", "values_list") or _OF_CALLER.search(text_of(call.node)):
            continue
        if _names_sensitive(module, call) and _is_answered(project, module, call):
            yield call.node


def _whole(project: Project, module: Module, klass: Klass) -> Iterator[Node]:
    said = text_of(klass.node)
    model = _MODEL.search(said)
    if model is None or not _ALL.search(said) or re.search(r"write_only|\bto_representation\b|\bexclude\s*=", said):
        return
    deep = _DEPTH.search(said)
    if _is_account(project, model["name"] or "User"):
        if _shown(project, klass.name):
            yield from _lines(module, klass, "fields")
    elif deep is not None and (column := _account_of(project, model["name"])):
        own_words = re.search(rf"^[ \t]+{column}\s*=", said, re.MULTILINE)
        if own_words is None and _shown(project, klass.name):
            yield from _lines(module, klass, "depth")


def _lines(module: Module, klass: Klass, name: str) -> Iterator[Node]:
    yield from (a.node for a in module.assigns_in(klass.node) if name in a.targets)


def _model_class(project: Project, name: str) -> Klass | None:
    for module in project.hinted(re.compile(rb"class " + name.encode() + rb"\b"), "python"):
        klass = module.by_class.get(name)
        if klass is not None and re.search(r"models\.\w+|Abstract", text_of(klass.node)):
            return klass
    return None


def _is_account(project: Project, name: str) -> bool:
    """Whether the rows of a model sign in: Django's own users, and the app's own with a password."""
    klass = _model_class(project, name)
    if klass is None:
        return name in ("User", "get_user_model")
    bases = any(re.search(r"AbstractUser|AbstractBaseUser", b) for b in klass.bases)
    return (
        bases or re.search(r"^[ \t]+(?:password|password_hash)\s*=\s*models\.", text_of(klass.node), re.M) is not None
    )


def _account_of(project: Project, name: str) -> str:
    """The column of a model that points at an account."""
    klass = _model_class(project, name)
    for m in _TO_ACCOUNT.finditer(text_of(klass.node)) if klass is not None else ():
        if m["model"] is None or _is_account(project, m["model"]):
            return m["column"]
    return ""


def _shown(project: Project, name: str) -> bool:
    """Whether a view answers with stored rows through the serializer, not only with what was just sent."""
    named = re.compile(rf"\bserializer_class\s*=\s*(?:\w+\.)?{name}\b")
    at_once = re.compile(rf"\b{name}\((?![^()]*\bdata\s*=)[^()]*(?:\([^()]*\)[^()]*)*\)\.data\b")
    made = re.compile(rf"\b(?P<held>\w+)\s*=\s*(?:\w+\.)?{name}\((?![^\n]*\bdata\s*=)")
    for module in project.hinted(re.compile(rb"\b" + name.encode() + rb"\b"), "python"):
        for view in module.classes:
            if named.search(text_of(view.node)) and any(_LISTS.search(b) for b in view.bases):
                return True
        for function in module.functions:
            text = bare_text(project, module, function.node)
            if at_once.search(text):
                return True
            for m in made.finditer(text):
                if re.search(rf"(?:\breturn\b|['\"]\s*:|Response\()[^\n]*\b{m['held']}\.data\b", text[m.end() :]):
                    return True
    return False


def _names_sensitive(module: Module, call: Call) -> bool:
    """Whether one of the columns that are asked for is such: by name, or in a list that has a name."""
    for arg in call.args:
        if arg.type == "string" and _SENSITIVE.fullmatch(python.string_of(arg)):
            return True
        scene = home(module, arg)
        if arg.type != "list_splat" or scene is None or not arg.named_children:
            continue
        listed = text_of(arg.named_children[0])
        given = [a.value for a in module.assigns_in(scene) if a.targets == (listed,)]
        names = re.findall(r"['\"](\w+)['\"]", text_of(given[-1])) if given else []
        if any(_SENSITIVE.fullmatch(n) for n in names):
            return True
    return False


def _is_answered(project: Project, module: Module, call: Call) -> bool:
    scene = home(module, call.node)
    function = function_of(module, scene) if scene is not None else None
    if scene is None or function is None or any(_FOR_FEW.search(text_of(d)) for d in function.decorators):
        return False
    text = bare_text(project, module, scene)
    if re.search(r"(?i)is_(?:staff|superuser|admin)|has_perm|\.role\b", text):
        return False
    up = call.node.parent
    while up is not None and up.start_byte >= scene.start_byte:
        inner = module.call_at(up) if up.type == "call" else None
        if inner is not None and _ANSWERS.search(inner.name):
            return True
        if up.type == "assignment":
            held = text_of(up.child_by_field_name("left"))
            return held.isidentifier() and re.search(
                rf"(?:JsonResponse|Response|dumps)\([^\n]*\b{held}\b", text
            ) is not None  # fmt: skip
        up = up.parent
    return False
