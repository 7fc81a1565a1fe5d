"""Whether a query takes the same rows for whoever asks, and whether its own words say that the rows have owners."""

from __future__ import annotations

import re
from collections.abc import Collection

from vibeaudit.survey.owned_tables import names_owner
from vibeaudit.survey.words import personal, words

# one row, a number, or whether there is any: not the table
_NARROW = re.compile(
    r"\bcount\b|\.doc(?:ument)?\(|[cC]ountDocuments|\bcount\(|\bexists\b|\b(?:sum|avg|max|min)\(|\bfetchone\b|limit\s+1\b|\btop\s+1\b"
    r"|\.get\((?!\s*\))|\.(?:first|one|scalar|get_or_404|get_or_none|findOne\w*|find_one|findUnique\w*|findFirst\w*|findById\w*|findByPk"
    r"|one_or_none|first_or_404|maybeSingle|single|latest|earliest|distinct|aggregate|groupBy|get_object_or_404)\("
    r"|_?(?:by|By)_?[iI]d\b",
    re.IGNORECASE,
)
# a condition whose value is not written there
_GIVEN = re.compile(
    r"\bwhere\b[^;]{0,300}?(?:%s|%\(|\?|\$\d|\$?\{\w|[=(\s]:\w)"
    r"|\.(?:filter|filter_by|where|search|match)\(\s*(?!\))(?![^()]*?[=,]\s*(?:True|False|None|true|false|null|['\"\d]))"
    r"|\.(?:filter|filter_by|where)\([^()]*?(?<![=!<>])==?\s*(?!True\b|False\b|None\b)[A-Za-z_][\w.]*\s*[,)]"
    r"|\b(?:find|findAll|findMany)\(\s*\{[^{}]*:\s*(?!true|false|null)[A-Za-z_]\w*(?!\s*:)"
    r"|\bwhere:\s*\{[^{}]*(?::\s*(?!true|false|null)[A-Za-z_]|[{,]\s*\w+\s*[,}])",
    re.IGNORECASE,
)
# who is looked for by a part of some text is found with many others
_SEARCHED = re.compile(
    r"\$regex|RegExp\(|icontains|istartswith|\bi?like\b|\.contains\(|\$text|\bcontains:", re.IGNORECASE
)
_COLUMNS = re.compile(r"['\"`\[.(,{\s](\w+)['\"`\]]?\s*(?:==?(?!=)|:(?!:)|\bin\b|,\s*['\"])")


# the columns that a query asks for, in the ways that stores offer
_SELECTION = re.compile(
    r"\bselect:\s*\{(?P<prisma>[^{}]*)\}|\battributes:\s*\[(?P<sequelize>[^\]]*)\]"
    r"|\.select\(\s*['\"`](?P<named>[^'\"`]+)|\bselect\s++(?P<sql>[^;]{1,300}?)(?<!\s)\s++from\b"
    r"|\.(?:values|values_list|only|with_entities|load_only)\((?P<django>[^()]*)\)",
    re.IGNORECASE,
)


def shows_people(text: str) -> bool:
    """Whether the columns that a query asks for say something about a person; all of them do."""
    asked = _SELECTION.search(text)
    said = next((g for g in asked.groups() if g), "") if asked else ""
    return not said or "*" in said or any(personal(w) or "name" in words(w) for w in re.findall(r"[A-Za-z_]\w*", said))


# `Q(is_admin=False) | Q(status="new")`: conditions whose values are written there
_CONSTANT_Q = re.compile(r"\bQ\(\s*\w+\s*=\s*(?:True|False|None|['\"][^'\"()]*['\"]|\d+)\s*\)")


# one page of the rows after another, and in which order: in the end all of them
_PAGED = re.compile(
    r"\.(?:offset|limit|skip|slice)\((?:[^()]|\([^()]*\))*\)|\b(?:skip|take|limit|offset)\s*[:=]\s*[^,;{}()\n]+(?=[,;})\n])"
)


def takes_all(text: str, chosen: Collection[str]) -> bool:
    """Whether the rows are many, and nothing that the caller sent decides which, other than a text to look for."""
    text = _PAGED.sub("", _CONSTANT_Q.sub("True", text))
    if _NARROW.search(text) or not shows_people(text):
        return False
    return bool(_SEARCHED.search(text)) or (not _GIVEN.search(text) and not set(chosen) & set(re.findall(r"\w+", text)))


# what comes along with the rows, and does not choose them
_ALONG = re.compile(r"\.(?:populate|select|select_related|prefetch_related|order_by|sort|lean)\([^()]*\)")


def names_owners(text: str) -> bool:
    """Whether a statement names a column that says whose a row is: `WHERE user_id = ?`, `{ ownerId: id }`."""
    return any(names_owner(name) for name in _COLUMNS.findall(_ALONG.sub("", text)))


_ONE_ROW = re.compile(
    r"\.(?:first|one|get|get_or_404|get_or_none|find_one|scalar_one|one_or_none|scalar_one_or_none|first_or_404|latest|earliest"
    r"|get_object_or_404|count|exists)\(|\bcount\(|\bfetchone\b|\blimit\s+1\b|\.limit\(1\)|_?by_?id\b",
    re.IGNORECASE,
)
_SUMMED = re.compile(r"\b(?:sum|avg)\(", re.IGNORECASE)


def mixes_owners(text: str) -> bool:
    """Whether a read of many rows, or a sum over them, asks for nobody's in particular."""
    one = _ONE_ROW.search(text) or (re.search(r"\.scalar\(", text) and not _SUMMED.search(text))
    return not one and not names_owners(text)
