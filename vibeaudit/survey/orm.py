"""Tables that code defines: Prisma, SQLAlchemy, SQLModel, Django, those of scripts, and CREATE TABLE in a string."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.model import Location, Table
from vibeaudit.survey import javascript, memory_rows, people
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Klass, Module, text_of
from vibeaudit.survey.javascript import tables as script_tables
from vibeaudit.survey.project import Project
from vibeaudit.survey.sql import group, name_at, split, tokens

_PRISMA = re.compile(r"^model\s+(\w+)\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
PYTHON_HINT = re.compile(
    rb"Column\(|mapped_column|SQLModel|models\.Model|Abstract(?:Base)?User\b|create table"
    rb"|\b(?:peewee|tortoise|mongoengine|beanie|bunnet|odmantic)\b|fields\.\w+Field\(|table\s*=\s*True|Mapped\[",
    re.IGNORECASE,
)
_SCRIPT_HINT = re.compile(rb"create table", re.IGNORECASE)
_CREATE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?", re.IGNORECASE)
_MODEL_BASE = re.compile(
    r"^(Base|SQLModel|\w*\.?Model|models\.Model|DeclarativeBase|\w*Base|Abstract(?:Base)?User|table=True)$"
)
_DOCUMENT = re.compile(r"^(?:Document|DynamicDocument)$")
_ABSTRACT = re.compile(r"^[ \t]+(?:__abstract__|abstract)\s*=\s*True|['\"]abstract['\"]\s*:\s*True", re.MULTILINE)
_DECLARES = re.compile(
    r"Column\(|mapped_column|models\.\w+Field|models\.\w+\(|Field\(|relationship|Mapped\[|^[ \t]+\w+[ \t]*:[ \t]*\w",
    re.MULTILINE,
)
_COLUMN = re.compile(
    r"^[ \t]+(\w+)\s*(?::[^=\n]+)?=\s*(?:db\.|sa\.|models\.|so\.|fields\.)?"
    r"(?:Column|mapped_column|Field|\w+Field|ForeignKey)\(",
    re.MULTILINE,
)
_MAPPED = re.compile(r"^[ \t]+(\w+)\s*:\s*(?:so\.)?Mapped\[", re.MULTILINE)
_ANNOTATED = re.compile(r"^[ \t]+(\w+)[ \t]*:[ \t]*[\w\[\]|., \"']+[ \t]*(?:=|$|#)", re.MULTILINE)
_NO_COLUMNS = frozenset(("else", "try", "finally", "return", "model_config"))
_NAMED = re.compile(
    r"__tablename__\s*(?::[^=]+)?=\s*['\"](\w+)['\"]|db_table\s*=\s*['\"](\w+)['\"]"
    r"|class Settings\b[^:]*:\s*\n\s+name\s*=\s*['\"](\w+)['\"]|['\"]collection['\"]\s*:\s*['\"](\w+)['\"]"
)
_PEOPLE_NAMED = (
    rf"(?:\w+\.)*(?:auth_user|(?:{people.OWNER}|profile|person)s?|people|user_accounts?|\w+_users?"
    r"|AUTH_USER_MODEL|get_user_model\(\)|\w*User|CustomUser)\b"
)
_POINTS_AT_PEOPLE = re.compile(
    rf"^[ \t]+(\w+)\s*(?::[^=\n]+)?=\s*[^\n]*?\b(?:ForeignKey|ForeignKeyField|OneToOneField|ReferenceField)\("
    rf"\s*(?:\w+\s*=\s*)?['\"]?{_PEOPLE_NAMED}",
    re.MULTILINE | re.IGNORECASE,
)
_POINTS_AT = re.compile(
    r"^[ \t]+\w+\s*(?::[^=\n]+)?=\s*[^\n]*?\b(?:ForeignKey|ForeignKeyField|ReferenceField)\(\s*(?:\w+\s*=\s*)?"
    r"['\"]?(?:\w+\.)??(\w+)",
    re.MULTILINE,
)


def tables(project: Project) -> tuple[Table, ...]:
    """The tables of ORM models, sorted by name and place."""
    found: list[Table] = []
    for file in project.snapshot.of("prisma"):
        for m in _PRISMA.finditer(file.text):
            columns = tuple(line.split()[0] for line in m[2].splitlines() if re.match(r"\s+\w+\s+\w", line))
            found.append(Table("prisma", m[1], columns, Location(file.path, file.text.count("\n", 0, m.start()) + 1)))
    for module in project.hinted(PYTHON_HINT, "python"):
        found += [t for k in module.classes if (t := model(project, module, k))]
        found += _in_strings(module)
    for module in project.hinted(_SCRIPT_HINT, *javascript.LANGUAGES):
        found += _in_strings(module)
    found += script_tables.tables(project)
    found += memory_rows.tables(project)
    return tuple(sorted(found, key=lambda t: (t.name, t.location)))


def model(project: Project, module: Module, klass: Klass) -> Table | None:
    """The table that a class stands for, with the columns that the app's own classes above it bring along."""
    line = lineage(project, module, klass.name) if klass.bases else None
    if line is None or line.klass is not klass or not _is_model(line):
        return None
    own = text_of(klass.node)
    body = "\n".join(text_of(k.node) for _, k in line.classes)
    if _ABSTRACT.search(own) or not _DECLARES.search(body):
        return None
    columns = list(_COLUMN.findall(body)) + _MAPPED.findall(body)
    if line.inherits(_DOCUMENT) or _is_sql_model(klass):
        columns += _ANNOTATED.findall(body)
    named = _NAMED.search(own)
    of_django = "models.Model" in line.bases.split() or re.search(r"\bAbstract(?:Base)?User\b", line.bases)
    store = "django" if of_django else "sqlalchemy"
    name = next(g for g in named.groups() if g) if named else klass.name
    owners = tuple(dict.fromkeys(_POINTS_AT_PEOPLE.findall(body)))
    parents = tuple(dict.fromkeys(n for n in _POINTS_AT.findall(body) if not re.fullmatch(_PEOPLE_NAMED, n, re.I)))
    columns = [c for c in dict.fromkeys(columns) if c not in _NO_COLUMNS]
    return Table(store, name, tuple(columns), module.file.locate(klass.node), owners=owners, parents=parents)


def _is_sql_model(klass: Klass) -> bool:
    return any(b.replace(" ", "") == "table=True" for b in klass.bases)


def _is_model(line: Lineage) -> bool:
    """Whether a class is a table: not a schema of pydantic's, and one of SQLModel's only when it says so."""
    if _is_sql_model(line.klass) or line.inherits(_DOCUMENT):
        return True
    for home, klass in line.classes:
        for base in klass.bases:
            if base == "SQLModel" or (
                (known := home.imports.get(base)) and known.spec.partition(".")[0].startswith("pydantic")
            ):
                return False
    return any(_MODEL_BASE.match(b) for _, k in line.classes for b in k.bases)


def _in_strings(module: Module) -> Iterator[Table]:
    text = module.file.text
    for m in _CREATE.finditer(text):
        found = tuple(tokens(text[m.end() : m.end() + 6000]))
        name, at = name_at(found, 0)
        if name and at < len(found) and found[at].text == "(":
            inside, _ = group(found, at)
            columns = tuple(
                p[0].low
                for p in split(inside)
                if p[0].kind in ("word", "quoted")
                and p[0].low not in ("primary", "foreign", "unique", "constraint", "check")
            )
            owners = tuple(p[0].low for p in split(inside) if _references_people(" ".join(t.low for t in p)))
            yield Table(
                "sql", name, columns, Location(module.file.path, text.count("\n", 0, m.start()) + 1), owners=owners
            )


def _references_people(column: str) -> bool:
    return re.search(rf"^(?!foreign|constraint).*\breferences [\"'`\[]?{_PEOPLE_NAMED}", column, re.I) is not None
