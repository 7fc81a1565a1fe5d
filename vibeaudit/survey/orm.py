"""Tables that code defines: Prisma, SQLAlchemy, SQLModel, Django, those of scripts, and CREATE TABLE in a string."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.model import Location, Table
from vibeaudit.survey import javascript, people
from vibeaudit.survey.code import Klass, Module, text_of
from vibeaudit.survey.javascript import tables as script_tables
from vibeaudit.survey.project import Project
from vibeaudit.survey.sql import group, name_at, split, tokens

_PRISMA = re.compile(r"^model\s+(\w+)\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
PYTHON_HINT = re.compile(
    rb"Column\(|mapped_column|SQLModel|models\.Model|create table|\b(?:peewee|tortoise|mongoengine)\b", re.IGNORECASE
)
_SCRIPT_HINT = re.compile(rb"create table", re.IGNORECASE)
_CREATE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?", re.IGNORECASE)
_MODEL_BASE = re.compile(r"^(Base|SQLModel|\w*\.?Model|models\.Model|DeclarativeBase|\w*Base|AbstractUser|table=True)$")
_PEOPLE_NAMED = (
    rf"(?:\w+\.)*(?:auth_user|(?:{people.SOMEBODY}|profile|person|client)s?|people|user_accounts?|\w+_users?"
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
        found += [t for k in module.classes if (t := model(module, k))]
        found += _in_strings(module)
    for module in project.hinted(_SCRIPT_HINT, *javascript.LANGUAGES):
        found += _in_strings(module)
    found += script_tables.tables(project)
    return tuple(sorted(found, key=lambda t: (t.name, t.location)))


def model(module: Module, klass: Klass) -> Table | None:
    if not any(_MODEL_BASE.match(b) for b in klass.bases) or klass.node.type == "":
        return None
    body = text_of(klass.node)
    if "SQLModel" in klass.bases and not any("table=True" in b.replace(" ", "") for b in klass.bases):
        return None
    if not re.search(r"Column\(|mapped_column|models\.\w+Field|models\.\w+\(|Field\(|relationship|Mapped\[", body):
        return None
    columns = tuple(
        dict.fromkeys(
            re.findall(
                r"^[ \t]+(\w+)\s*(?::[^=\n]+)?=\s*(?:db\.|sa\.|models\.|so\.)?(?:Column|mapped_column|Field"
                r"|\w+Field|ForeignKey)\(",
                body,
                re.MULTILINE,
            )
        )
    )
    columns += tuple(
        c for c in re.findall(r"^[ \t]+(\w+)\s*:\s*(?:so\.)?Mapped\[", body, re.MULTILINE) if c not in columns
    )
    columns += tuple(
        c
        for c in re.findall(r"^[ \t]+(\w+)\s*:\s*[\w\[\]| .\"]+\s*(?:=|$)", body, re.MULTILINE)
        if c not in columns and "SQLModel" in klass.bases
    )
    named = re.search(r"__tablename__\s*(?::[^=]+)?=\s*['\"](\w+)['\"]|db_table\s*=\s*['\"](\w+)['\"]", body)
    store = "django" if "models.Model" in klass.bases or "AbstractUser" in klass.bases else "sqlalchemy"
    name = (named[1] or named[2]) if named else klass.name
    owners = tuple(dict.fromkeys(_POINTS_AT_PEOPLE.findall(body)))
    parents = tuple(dict.fromkeys(n for n in _POINTS_AT.findall(body) if not re.fullmatch(_PEOPLE_NAMED, n, re.I)))
    return Table(store, name, columns, module.file.locate(klass.node), owners=owners, parents=parents)


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
