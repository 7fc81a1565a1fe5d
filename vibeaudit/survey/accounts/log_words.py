"""The words by which log calls, and what they should not hold, are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

LOGS = {
    "python": re.compile(
        r"^(?:print|pprint(?:\.pprint)?|(?:[\w.]*[._])?(?:log|logger|logging|LOG|LOGGER|getLogger|get_logger|loguru)(?:\.\w+)?"
        r"\.(?:debug|info|warning|warn|error|critical|exception|log|trace|success|fatal))$"
    ),
    "javascript": re.compile(
        r"^(?:console|(?:[\w.]*\.)?(?:log|_log|\w*[lL]ogger|winston|pino))"
        r"\.(?:log|info|debug|warn|error|trace|verbose|silly|fatal|dir|table)$|^(?:[\w.]*\.)?(?:\w*[lL]ogger|winston)\.http$"
    ),
}
# calls whose result still shows what they are given
PASSES = re.compile(
    r"^(?:str|repr|dict|list|vars|String|JSON\.stringify|util\.inspect|inspect|json\.dumps|pformat|pprint\.pformat)$"
    r"|\.(?:format|toString|to_dict|toJSON|toObject|model_dump|dict|model_dump_json|decode|strip|trim|concat|as_dict)$"
)
CONFIGURATION = re.compile(r"(?:self\.)?(?:app_?|all_?|final_?)?(?:config|settings|conf|secrets)", re.IGNORECASE)
CONVERSATION = re.compile(
    r"(?:user_?|chat_?|incoming_?)?(?:message|messages|prompt|conversation|transcript|history|question|query_text|input_text)"
    r"|user_?input",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET = re.compile(
    r"(?:\w+_)?(?:password_?[12]?|passwd|pwd|mot_de_passe|mdp|passphrase|(?:access|refresh|id|auth|bearer|reset|session|login|jwt"
    r"|verification|magic|recovery|activation|invite|csrf_secret|api|bot)_token|api_key|apikey|secret_key|client_secret"
    r"|private_key|jwt_secret|credit_card|card_number|cvv|cvc|iban|ssn|otp(?:_(?:data|record|row|info))?|mfa_secret|totp_secret"
    r"|(?:otp|reset|log_?in|sign_?in|magic|verification|one_time|two_factor|mfa|2fa|recovery|backup|sms)_(?:code|pin)"
    r"|connection_string|(?:mongo\w*|db|database|redis|postgres\w*|pg|mysql|sql\w*|amqp|rabbitmq|broker)_(?:uri|url|dsn))"
)
_SPEAKS_OF_IT = re.compile(
    r"^(?:no|bad|missing|invalid|wrong|expired|has|is|min|max|check|validate|verify|set|get|reset_password|change|forgot\w*"
    r"|generate|hash|hashed|create|show|use|require|num|count|update|send|masked|redacted|hidden|encrypted)_"
    r"|^(?:reset|new)_pwd_url"
)
_TALK = re.compile(
    r"(?i)\b(?:err\w*|errors?|messages?|msgs?|texts?|labels?|enum\w*|types?|routes?|urls?|paths?|i18n|lang|t)$"
)
_BARE = re.compile(r"(?:token|jwt|secret|bearer)")
_ABOUT_SIGNING_IN = re.compile(
    r"(?i)jwt|log_?in|sign_?in|sign_?up|authori[sz]|authenticat|session|reset|password|cookie|\bsecret|oauth|verify_?email"
)
_NO_LOGIN_TOKEN = re.compile(
    r"(?i)tokeni[sz]e|lexer|(?<!body)(?<!body-)(?<!cookie)(?<!cookie-)(?<!json)parser|csrf|max_?tokens|embedding|spacy|nltk|encoding|\bbpe\b"
)
_PERSONAL = re.compile(
    r"(?:user_?|customer_?|client_?|patient_?|guest_?)?(?:email|e_?mail|email_?address|phone|phone_?number|mobile_?number"
    r"|date_?of_?birth|birth_?date|home_?address|street_?address|passport_?number|medical_?history|diagnosis|aadhaar|aadhar"
    r"|national_?id)",
    re.IGNORECASE,
)


def name_of(module: Module, node: Node) -> tuple[str, str]:
    """(what holds it, its own name) of a variable, a field, an item by a fixed key."""
    if node.type in ("attribute", "member_expression"):
        last = text_of(node.child_by_field_name("attribute") or node.child_by_field_name("property"))
        return text_of(node.child_by_field_name("object")), last
    if node.type in ("subscript", "subscript_expression"):
        key = node.child_by_field_name("subscript") or node.child_by_field_name("index")
        said = (python if module.kind == "python" else javascript).string_of(key)
        return text_of(node.child_by_field_name("value") or node.child_by_field_name("object")), said
    if node.type in ("call", "call_expression"):
        call = module.call_at(node)
        if call is None or call.last not in ("get", "getenv") or not call.args:
            return "", ""
        return call.name, (python if module.kind == "python" else javascript).string_of(call.args[0])
    return "", text_of(node)


def says_secret(module: Module, scene: Node, node: Node) -> bool:
    """Whether the expression is named like a password, a token, a key, an address with a password in it."""
    holder, name = name_of(module, node)
    said = _SPLIT.sub("_", name).lower().replace("-", "_")
    if not said or _SPEAKS_OF_IT.search(said) or _TALK.search(holder):
        return False
    if _SECRET.fullmatch(said):
        return True
    if not _BARE.fullmatch(said) or node.type not in ("identifier", "shorthand_property_identifier"):
        return False
    return about_signing_in(scene)


def about_signing_in(scene: Node) -> bool:
    """Whether a token there is one that somebody signs in with, not one of a parser or a model."""
    around = text_of(scene)[:6000]
    return bool(_ABOUT_SIGNING_IN.search(around)) and not _NO_LOGIN_TOKEN.search(around)


def says_personal(module: Module, node: Node) -> bool:
    """Whether the expression is named like an address, a phone number, a birthday."""
    holder, name = name_of(module, node)
    return bool(_PERSONAL.fullmatch(name)) and not _TALK.search(holder)
