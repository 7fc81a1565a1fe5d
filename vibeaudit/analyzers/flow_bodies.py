"""What bodies of requests can hold: an Express app that reads flat forms alone gets texts and lists, never objects."""

from __future__ import annotations

import re

from vibeaudit.analyzers import Context
from vibeaudit.model import Flow
from vibeaudit.survey.whole_rows import project_of

_FLAT = re.compile(rb"\burlencoded\(\s*\{\s*extended\s*:\s*false\b")
_NESTED = re.compile(
    rb"\bextended\s*:(?!\s*false\b)|\burlencoded\(\s*\)|\b(?:express|body_?[pP]arser)\.json\(|\buse\(\s*json\(|bodyParser\(\s*\)"
    rb"|\.use\(\s*(?:multer\(|\w*[uU]pload\w*[.(])|\bexpress-fileupload\b|\bexpress-formidable\b|\bconnect-busboy\b|\bkoa\b|\bfastify\b"
    rb"|@nestjs|['\"]next['\"]|\bqs\.parse\(",
)
# what only looks at the fields that it knows and passes on all others, unless it is told not to or its result is used
_LENIENT_USED = re.compile(rb"(?:from\s+|require\(\s*)['\"](?:zod|express-validator|yup)['\"]")
_LISTING = re.compile(
    rb"\.strict\(|strictObject\(|stripUnknown|noUnknown|matchedData|(?:req|request)\.(?:body|validated\w*)\s*=(?!=)"
    rb"|\bbody\s*=\s*(?:await\s)?\w+\.(?:parse|parseAsync|validate)\(|Object\.assign\(\s*req\b|\breq\[\s*\w+\s*\]\s*="
    rb"|checkExact\(|whitelist\s*:|(?:from\s|require\()['\"](?:@hapi/)?(?:joi|celebrate|ajv|superstruct|class-validator)['\"]"
)
_FILES = re.compile(rb"\breq(?:uest)?\.files?\b")
# a secret that is not sent at all matches the rows that have none
_SECRET = re.compile(r"(?i)code|token|key|otp|secret")
_SCRIPTS = ("javascript", "typescript")


def read_from_flat_form(flow: Flow, context: Context) -> bool:
    """Whether a flow begins at the body of a request, in an app whose bodies hold no objects there."""
    start = flow.steps[0]
    file = context.snapshot.file(start.path)
    if file is None or file.language not in _SCRIPTS or _FILES.search(file.data) or _SECRET.search(flow.field):
        return False
    said = "\n".join(file.lines[max(0, start.line - 1) : start.end_line])
    if not re.search(r"\.body\b", said) or re.search(r"\.(?:query|params|headers|cookies)\b", said):
        return False
    return _reads_flat_forms_alone(context)


def _reads_flat_forms_alone(context: Context) -> bool:
    memory, key = project_of(context.snapshot).memory, ("flat forms alone",)
    if key not in memory:
        scripts = tuple(context.snapshot.of(*_SCRIPTS))  # asked twice
        memory[key] = any(f.holds(_FLAT) for f in scripts) and not any(f.holds(_NESTED) for f in scripts)
    return bool(memory[key])


def listed_by_validators(context: Context) -> bool:
    """Whether the app's validators refuse or drop the fields that no schema lists: Joi does so by itself; zod and
    express-validator look at those that they know, and the handler still reads the whole body."""
    memory, key = project_of(context.snapshot).memory, ("listed by validators",)
    if key not in memory:
        scripts = tuple(context.snapshot.of(*_SCRIPTS))
        known = any(f.holds(_LENIENT_USED) for f in scripts)
        memory[key] = not known or any(f.holds(_LISTING) for f in scripts)
    return bool(memory[key])
