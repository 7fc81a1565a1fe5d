"""Identifiers split into words, and what those words say about a guard, a path or a field."""

from __future__ import annotations

import re
from functools import lru_cache

# what people call a password who write their code in another language
PASSWORDS_ABROAD = (
    r"(?:senha|contrase[nñ]a|mot_?de_?passe|kennwort|mat_?khau|sifre|kata_?sandi|wachtwoord|haslo|heslo|lozinka|salasana"
    r"|jelszo|losenord|adgangskode)"
)
_SPLIT = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=20_000)
def words(name: str) -> frozenset[str]:
    """`requireAdminUser` and `require_admin_user` -> {require, admin, user}."""
    return frozenset(w.lower() for w in _SPLIT.findall(name))


_SUBJECT = frozenset(
    "auth authed authenticate authenticated authentication authenticator login signin jwt token bearer user"
    " session passport"
    " protect protected clerk apikey credentials logged principal account identity authorize authorized authorization"
    " authz oauth oauth2".split()
)
_ROLE = frozenset(
    "admin admins administrator role roles permission permissions superuser staff owner rbac scope scopes"
    " moderator".split()
)
_NOT_A_GUARD = frozenset(
    "optional maybe attach load parse cookie store init initialize create refresh logout limit limiter logger"
    " log guest guests anonymous unauthenticated iron".split()  # `withIronSession` only opens the session
)
_DEMANDS = frozenset(
    "require requires required requiring ensure check verify verified validate is has need needs must assert"
    " enforce protect"
    " protected guard only with authenticate authenticated authorize authorized middleware auth jwt restrict"
    " allow".split()
)
_RATE = frozenset("limit limiter limited limits ratelimit ratelimiter throttle throttler slowdown".split())


def kinds_by_name(name: str) -> tuple[str, ...]:
    """The kinds of guard that a middleware, decorator or dependency promises by its name alone."""
    said = words(name.rsplit(".", 1)[-1]) | (words(name) if name.count(".") < 2 else frozenset())
    if "exempt" in said:
        return ()
    if {"csrf", "xsrf"} & said:
        return ("csrf",)
    if _RATE & said and not {"file", "size", "body", "upload"} & said:
        return ("rate-limit",)
    if {"signature", "hmac"} & said:
        return ("signature",)
    if said & _NOT_A_GUARD or {"not", "authenticated"} <= said or {"not", "logged"} <= said:
        return ()
    if {"redirect", "if"} <= said or {"logged", "out"} <= said:  # turns away those who are signed in
        return ()
    if said & _ROLE and said & (_DEMANDS | _SUBJECT | {"permissions", "accepted"}):
        return ("authentication", "authorization")
    if said & _SUBJECT and said & _DEMANDS:
        return ("authentication",)
    if {"api", "key"} <= said and said & _DEMANDS:
        return ("authentication",)
    return ()


_PERSONAL = {
    "email": "email",
    "emails": "email",
    "mail": "email",
    "phone": "phone",
    "mobile": "phone",
    "telephone": "phone",
    "birthday": "birth date",
    "birthdate": "birth date",
    "dob": "birth date",
    "ssn": "national id",
    "passport": "national id",
    "iban": "bank account",
    "salary": "salary",
    "firstname": "name",
    "lastname": "name",
    "fullname": "name",
    "surname": "name",
    "diagnosis": "health",
    "medical": "health",
    "patient": "health",
    "religion": "religion",
    "ethnicity": "ethnicity",
    "gender": "gender",
    "sexo": "gender",
    "street": "address",
    "postcode": "address",
    "zipcode": "address",
    "latitude": "place",
    "longitude": "place",
    "password": "password",
    "nationality": "nationality",
    # Spanish, Portuguese, French, Italian, Indonesian, German
    **dict.fromkeys("correo courriel surel".split(), "email"),
    **dict.fromkeys("telefono telefone telepon celular telefon handphone".split(), "phone"),
    **dict.fromkeys("nacimiento nascimento naissance nascita geburtsdatum".split(), "birth date"),
    **dict.fromkeys("apellido apellidos apellidop sobrenome prenom cognome nachname vorname".split(), "name"),
    **dict.fromkeys("direccion domicilio endereco indirizzo alamat".split(), "address"),
    **dict.fromkeys("cpf dni curp rfc nif".split(), "national id"),
    **dict.fromkeys("salario sueldo gaji gehalt salaire".split(), "salary"),
    **dict.fromkeys("diagnostico alergia alergias padecimiento enfermedad penyakit".split(), "health"),
    **dict.fromkeys("contrasena senha matkhau sifre wachtwoord haslo heslo lozinka salasana".split(), "password"),
}
_PERSONAL_PAIRS = {
    frozenset(pair.split()): kind
    for pair, kind in (
        ("first name", "name"),
        ("last name", "name"),
        ("full name", "name"),
        ("birth date", "birth date"),
        ("date birth", "birth date"),
        ("ip address", "ip address"),
        ("national id", "national id"),
        ("card number", "payment card"),
        ("tax id", "national id"),
        ("bank account", "bank account"),
        ("home address", "address"),
        ("postal code", "address"),
        ("shipping address", "address"),
        ("billing address", "address"),
        ("social security", "national id"),
        ("blood type", "health"),
        ("blood group", "health"),
        ("medical history", "health"),
        ("tipo sangre", "health"),
        ("tanggal lahir", "birth date"),
        ("no hp", "phone"),
    )
}


@lru_cache(maxsize=20_000)
def personal(name: str) -> str:
    """The kind of personal data that a field of this name holds, or an empty string."""
    said = words(name)
    if (
        said
        & {
            "template",
            "enabled",
            "verified",
            "sent",
            "count",
            "provider",
            "error",
            "notifications",
            "notification",
            "id",
            "mask",
            "masked",
            "redact",
            "hide",
            "show",
            "settings",
            "setting",
        }
        and len(said) > 1
    ):
        return _PERSONAL_PAIRS.get(said, "")
    for pair, kind in _PERSONAL_PAIRS.items():
        if pair <= said:
            return kind
    return next((_PERSONAL[w] for w in sorted(said) if w in _PERSONAL), "")
