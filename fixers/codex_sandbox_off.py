"""Settings that switch a protection off, set back to the product's careful value."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_span, spanned

_AGENT = Text("Let the coding agent ask before it acts", "Faire demander l'agent de programmation avant d'agir")
_UNATTENDED = Text(
    "Whoever starts this agent without a person (in CI, at night) must now list the commands that it needs.",
    "Qui lance cet agent sans personne (en CI, la nuit) doit maintenant lister les commandes dont il a besoin.",
)
_SANDBOX = Text("Keep the agent's commands in their sandbox", "Garder les commandes de l'agent dans leur bac à sable")
_REACH = Text(
    "Commands that wrote outside the project or called the network now stop and ask: run a usual task once.",
    "Les commandes qui écrivaient hors du projet ou appelaient le réseau demandent maintenant : essayer une tâche.",
)
_TLS = Text("Check certificates again", "Vérifier de nouveau les certificats")
_TLS_CHECK = Text(
    "Behind a company proxy, give its certificate (NODE_EXTRA_CA_CERTS or cafile) instead of switching the check off.",
    "Derrière un proxy d'entreprise, donner son certificat (NODE_EXTRA_CA_CERTS ou cafile) au lieu de couper le "
    "contrôle.",
)
_WALLS = Text("Keep the container apart from its host", "Garder le conteneur séparé de son hôte")
_WALLS_CHECK = Text(
    "Start the service once; when it truly needs one right of the host, add that one under cap_add.",
    "Démarrer le service une fois ; s'il a vraiment besoin d'un droit de l'hôte, n'ajouter que celui-là sous cap_add.",
)

# Rule -> what the careless values become, the title, what a person should look at.
_SETTINGS: dict[str, tuple[dict[str, str], Text, Text]] = {
    "agent-edits-without-asking": ({"acceptEdits": "default"}, _AGENT, _UNATTENDED),
    "agent-tls-checks-off": ({"0": "1", "false": "true"}, _TLS, _TLS_CHECK),
    "agent-sandbox-weakened": ({"true": "false"}, _SANDBOX, _REACH),
    "aider-confirms-everything": ({"true": "false"}, _AGENT, _UNATTENDED),
    "codex-network-open": ({"true": "false"}, _SANDBOX, _REACH),
    "codex-never-asks": ({"never": "on-request"}, _AGENT, _UNATTENDED),
    "codex-sandbox-off": ({"danger-full-access": "workspace-write"}, _SANDBOX, _REACH),
    "compose-container-without-walls": ({"true": "false"}, _WALLS, _WALLS_CHECK),
    "compose-login-switched-off": (
        {"trust": "scram-sha-256"},
        Text("Ask for a password at the database", "Demander un mot de passe à la base"),
        Text(
            "Set POSTGRES_PASSWORD beside it and give the app the same one. A database that exists already keeps its "
            "own pg_hba.conf: change it there too.",
            "Définir POSTGRES_PASSWORD à côté et donner le même à l'application. Une base qui existe déjà garde son "
            "pg_hba.conf : le changer là aussi.",
        ),
    ),
    "cursor-sandbox-off": ({"insecure_none": "workspace_readwrite", "allow": "deny"}, _SANDBOX, _REACH),
    "gemini-folder-trust-off": (
        {"false": "true"},
        Text("Ask whether to trust a folder", "Demander s'il faut faire confiance à un dossier"),
        Text("The next start asks once for this folder.", "Le prochain démarrage demande une fois pour ce dossier."),
    ),
    "gemini-tools-run-unasked": ({"true": "false", "yolo": "default", "auto_edit": "default"}, _AGENT, _UNATTENDED),
    "hosting-publishes-source": (
        {"true": "false"},
        Text("Do not publish the deployment's source", "Ne pas publier le code source du déploiement"),
        Text(
            "Check that nobody reads the sources at /_src on purpose, as for an open-source demo.",
            "Vérifier que personne ne lit volontairement les sources à /_src, comme pour une démo libre.",
        ),
    ),
    "mcp-tools-run-unasked": (
        {"true": "false", "auto": "prompt", "approve": "prompt"},
        Text("Ask before a tool server acts", "Demander avant qu'un serveur d'outils agisse"),
        _UNATTENDED,
    ),
    "nginx-lists-folders": (
        {"autoindex on;": "autoindex off;"},
        Text("Do not list folders", "Ne pas lister les dossiers"),
        Text(
            "Check that nobody browses this folder on purpose, as for public downloads.",
            "Vérifier que personne ne parcourt ce dossier exprès, comme pour des téléchargements publics.",
        ),
    ),
    "npm-tls-checks-off": ({"false": "true"}, _TLS, _TLS_CHECK),
    "openclaw-open-to-strangers": (
        {"open": "pairing", "lan": "loopback", "0.0.0.0": "loopback", "auto": "loopback", "funnel": "serve"},
        Text("Let only known people talk to the agent", "Ne laisser parler à l'agent que des personnes connues"),
        Text(
            "Pair the devices and chats that should reach the agent.",
            "Associer les appareils et conversations qui doivent joindre l'agent.",
        ),
    ),
    "openclaw-shell-without-approval": ({"full": "allowlist", "off": "on-miss"}, _AGENT, _UNATTENDED),
    "opencode-allows-everything": ({"allow": "ask"}, _AGENT, _UNATTENDED),
    "supabase-anonymous-accounts": (
        {"true": "false"},
        Text("Close accounts without a name", "Fermer les comptes anonymes"),
        Text(
            "Check that no page signs visitors in by signInAnonymously.",
            "Vérifier qu'aucune page ne connecte les visiteurs par signInAnonymously.",
        ),
    ),
    "supabase-function-open": (
        {"false": "true"},
        Text("Let the platform check the login token", "Faire vérifier le jeton de connexion par la plateforme"),
        Text(
            "Callers must now send a valid login token. Another company's webhook cannot: check its signature in the "
            "function instead.",
            "Les appelants doivent maintenant envoyer un jeton valide. Le webhook d'un autre service ne le peut pas : "
            "y vérifier sa signature à la place.",
        ),
    ),
    "supabase-long-lived-session": (
        {},
        Text("Let login tokens end after an hour", "Faire expirer les jetons de connexion en une heure"),
        Text(
            "Clients that keep a token without refreshing it must sign in again after an hour.",
            "Les clients qui gardent un jeton sans le renouveler se reconnectent après une heure.",
        ),
    ),
    "supabase-mail-not-confirmed": (
        {"false": "true"},
        Text("Confirm addresses before the first login", "Confirmer les adresses avant la première connexion"),
        Text(
            "Set up a mail sender, and tell people after sign-up to look into their mail.",
            "Configurer l'envoi d'e-mails, et dire après l'inscription de regarder sa messagerie.",
        ),
    ),
    "supabase-short-passwords": (
        {},
        Text("Ask for longer passwords", "Demander des mots de passe plus longs"),
        Text(
            "Tell people on the sign-up page that passwords need ten characters.",
            "Dire sur la page d'inscription que les mots de passe ont dix caractères.",
        ),
    ),
    "vscode-agent-approves-itself": ({"true": "false"}, _AGENT, _UNATTENDED),
    "vscode-any-terminal-command": ({"true": "false"}, _AGENT, _UNATTENDED),
    "vscode-task-runs-on-open": (
        {"folderOpen": "default"},
        Text("Run the task when somebody asks for it", "Lancer la tâche quand quelqu'un le demande"),
        Text("Start the task by hand where it was useful.", "Lancer la tâche à la main là où elle était utile."),
    ),
    "workflow-agent-without-sandbox": (
        {"danger-full-access": "workspace-write", "unsafe": "drop-sudo"},
        _SANDBOX,
        _REACH,
    ),
}
_NUMBERS = {"supabase-long-lived-session": "3600", "supabase-short-passwords": "10"}
RULES = tuple(sorted(_SETTINGS))


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """One value changes, in its own quotes; lists of permissions and commands are left to a person."""
    file = bench.flagged(finding)
    values, title, check = _SETTINGS[finding.rule_id]
    old = spanned(file, finding.primary)
    bare = old.strip().strip("\"'")
    new = _NUMBERS.get(finding.rule_id) or values.get(bare)
    if re.search(r"hook|callback|notif|cron", dict(finding.facts).get("function", "")):
        return Refusal("another service calls this function without a login token: check its signature instead")
    if new is None or old.count(bare) != 1:
        return Refusal(f"what {bare[:40]} should become is for a person to decide")
    return Proposal(title, (replace_span(file, finding.primary, old.replace(bare, new)),), Safety.UNSAFE, check)
