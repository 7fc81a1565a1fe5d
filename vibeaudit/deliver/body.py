"""What a pull request says: what was wrong, how it is used, what changed, the evidence, what to check, how to undo."""

from __future__ import annotations

from vibeaudit.model import Patch, Report, Safety
from vibeaudit.reports.markdown import escape
from vibeaudit.reports.visible import line
from vibeaudit.wording import fill

MARK = "<!-- vibeaudit-patch: {id} -->"
_WORDS = {
    "en": {
        "wrong": "What was wrong",
        "where": "Where",
        "undo_title": "How to undo",
        "undo": "Close this pull request, or revert its one commit. Nothing else was changed.",
        "evidence": "Evidence",
        "check": "What to check by hand",
        "parses": "every changed file parses",
        "gone": "the finding is gone when the patched app is audited again",
        "new": "no new finding appeared",
        "tests": "the app's own tests",
        "yes": "yes",
        "no": "no",
        "passed": "pass as before",
        "failed": "fail",
        "none": "not run",
        "not-run": "not run",
        "unsafe": "This change may alter behaviour. Please read it before you merge.",
        "model": "Suggested by a model; checked as above.",
    },
    "fr": {
        "wrong": "Ce qui n'allait pas",
        "where": "Où",
        "undo_title": "Comment revenir en arrière",
        "undo": "Fermer cette demande, ou annuler son seul commit. Rien d'autre n'a été modifié.",
        "evidence": "Preuves",
        "check": "À vérifier à la main",
        "parses": "chaque fichier modifié reste lisible",
        "gone": "le constat a disparu quand l'application corrigée est auditée à nouveau",
        "new": "aucun nouveau constat n'est apparu",
        "tests": "les tests de l'application",
        "yes": "oui",
        "no": "non",
        "passed": "réussissent comme avant",
        "failed": "échouent",
        "none": "non lancés",
        "not-run": "non lancés",
        "unsafe": "Ce changement peut modifier le comportement. À lire avant de fusionner.",
        "model": "Proposé par un modèle ; vérifié comme ci-dessus.",
    },
}


def title(patch: Patch, lang: str) -> str:
    return f"fix(security): {line(patch.title.to(lang), 100)}"


def body(patch: Patch, report: Report, lang: str) -> str:
    """The pull request's text, in Markdown. What comes from the audited code is escaped."""
    words = _WORDS[lang]
    parts = [MARK.format(id=patch.id)]
    if patch.safety is not Safety.SAFE:
        parts.append(f"> {words['unsafe']}")
    parts += [f"## {words['wrong']}", *_holes(patch, report, lang)]
    parts += [f"## {words['evidence']}", _evidence(patch, words)]
    if patch.author == "model":
        parts.append(words["model"])
    if check := patch.body.to(lang):
        parts += [f"## {words['check']}", escape(check)]
    parts += [f"## {words['undo_title']}", words["undo"]]
    return "\n\n".join(parts) + "\n"


def labels(patch: Patch) -> list[str]:
    return ["security", "vibeaudit", patch.safety.label]


def _holes(patch: Patch, report: Report, lang: str) -> list[str]:
    said = []
    for finding in (f for f in report.findings if f.fingerprint in patch.fixes):
        rule = report.rules.get(finding.rule_id)
        heading = fill(rule.title, finding.facts, lang) if rule else finding.message
        risk = fill(rule.risk, finding.facts, lang) if rule else ""
        place = f"{finding.primary.path}:{finding.primary.line}"
        said.append(f"**{escape(heading)}** ({escape(place)})\n\n{escape(risk)}")
    return said


def _evidence(patch: Patch, words: dict[str, str]) -> str:
    proof = patch.proof
    rows = [
        (words["parses"], words["yes" if proof.parses else "no"]),
        (words["gone"], words["yes" if proof.gone else "no"]),
        (words["new"], words["no" if proof.new_findings else "yes"]),
        (words["tests"], words[proof.tests]),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {what} | {how} |" for what, how in rows)])
