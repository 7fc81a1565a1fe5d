"""The words by which an answer says that an account is not there, is there already, or has another password."""

from __future__ import annotations

import re

_WHO = (
    r"(?:user ?-?(?:name|id)?|e-?mail(?: address)?|account|login user ?name|phone(?: number)?|mobile(?: number)?"
    r"|customer|member|admin|profile)"
)
NOT_THERE = re.compile(
    rf"\b{_WHO}\b[^.!?]{{0,40}}\b(?:not? (?:f(?:ou)?nd|exists?|registered|recogni[sz]ed|valid|available|active)"
    r"|n[o']t exist|is unknown|isn['’]t registered|does ?n[o'’]?t? ?(?:not )?exists?|doesn['’]t (?:exist|match any)"
    r"|hasn['’]t been activated|not (?:been )?(?:activated|verified)|not in (?:our|the))\b"
    rf"|\b(?:no|unknown|no such|non.?existant|non.?existent) {_WHO}\b(?! or)(?! ?id)(?<! id)"
    rf"|\bnot? (?:registered )?{_WHO}\b(?! ?id)(?<! id)[^.]{{0,20}}\b(?:found|exists|with|registered|here)"
    rf"|\b(?:invalid|incorrect|wrong) {_WHO}\b(?![^.]*(?:pass|credential|or\b|and\b|/|token|format))"
    rf"|(?:could ?n['’o]t|can ?not|can['’]t|did ?n['’o]t) (?:find|locate) (?:your|an?|the|any|this|that) {_WHO}\b"
    rf"|\b{_WHO} is (?:associated|linked) (?:with|to) an? (?:deleted|deactivated|disabled|inactive) {_WHO}\b"
    r"|you (?:are not|don['’]t have an? )(?:registered|account)|please (?:register|sign ?up)(?: first)?\b"
    r"|\b(?:utilisateur|compte|adresse(?: e-?mail)?|e-?mail) (?:non trouvée?|introuvable|inconnue?|n['’]existe pas)"
    r"|\baucun (?:compte|utilisateur)\b"
    r"|\b(?:usuario|correo|cuenta|usuário|conta) (?:no|não) (?:existe|encontrad[oa]|registrad[oa]|cadastrad[oa])"
    r"|\b(?:benutzer|konto|e-?mail-?adresse)\w* (?:nicht gefunden|existiert nicht|ist nicht registriert|unbekannt)",
    re.IGNORECASE,
)
WRONG = re.compile(
    r"\b(?:incorrect|wrong|invalid|bad) password\b"
    r"|\bpassword (?:is |was |did |does |do )?(?:incorrect|wrong|invalid|mismatch|not? ?match"
    r"|not (?:correct|right|valid))"
    r"|\bpassword (?:does|is)n['’]t (?:match|correct|right|valid)"
    r"|\b(?:mot de passe|contraseña|senha|passwort) (?:est |es |ist )?"
    r"(?:incorrecta?|invalide|erroné|faux|inválida|incorreta|falsch)",
    re.IGNORECASE,
)
MISSING = re.compile(r"(?i)\bnot? (?:be )?(?:found|exist)|n['’]t exist|\bno \w+(?: \w+)? (?:found|exists)")
PAIR = re.compile(
    r"(?i)(?:provided|given|these|those|this|entered|supplied) (?:login )?(?:credentials|combination|details)\b"
    r"|pass\w*.{0,12}\b(?:or|and|/|not)\b.{0,12}\b(?:user|e-?mail|phone)"
    r"|\b(?:user ?name|e-?mail|user|phone|login).{0,12}(?:\bor\b|\band\b|/).{0,12}pass"
    r"|(?:\b(?:ou|et|o|y|e|oder|und)\b|/) (?:le |la |das )?(?:mot de passe|contraseña|senha|passwort)"
)
TAKEN = re.compile(
    rf"\b{_WHO}\b[^.!?]{{0,30}}\b(?:already|taken|in use|exists?|is not available)\b"
    rf"|\b{_WHO} is (?:associated|linked) (?:with|to) an? (?:existing|deleted|other|deactivated) {_WHO}\b"
    r"|\balready (?:exists?|registered|taken|in use|have an account)\b"
    rf"|\b(?:use|choose|pick|try|select) (?:a different|another|an other) {_WHO}\b"
    r"|\b(?:utilisateur|compte|adresse|e-?mail|pseudo)\b[^.!?]{0,30}"
    r"\b(?:déjà (?:utilisée?|prise?|enregistrée?)|existe déjà)"
    r"|\b(?:usuario|correo|cuenta|e-?mail|usuário|conta)\b[^.!?]{0,30}"
    r"\b(?:ya (?:existe|registrad[oa]|está)|já (?:existe|cadastrad[oa]|está))"
    r"|\b(?:benutzername|konto|e-?mail(?:-?adresse)?)\b[^.!?]{0,30}\bbereits (?:registriert|vergeben|verwendet)",
    re.IGNORECASE,
)
