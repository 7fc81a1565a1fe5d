"""Reports to render: a typical one, an empty one, one written by an attacker. No I/O."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from vibeaudit.model import (
    AgentRow,
    AgentSetup,
    ApiRow,
    AppModel,
    Confidence,
    Coverage,
    DataRow,
    Edit,
    Effort,
    EgressEntry,
    Finding,
    Guard,
    InferenceEntry,
    Ledgers,
    LeftOut,
    Location,
    Maps,
    Outcome,
    Package,
    Patch,
    Proof,
    Report,
    Route,
    Rule,
    Safety,
    Service,
    Severity,
    Snapshot,
    Stack,
    Status,
    Suppression,
    Text,
    Trace,
)


def at(path: str, line: int = 0, column: int = 1, note: str = "", width: int = 12) -> Location:
    if not line:
        return Location(PurePosixPath(path), note=note)
    return Location(PurePosixPath(path), line, column, line, column + width, note)


def a_rule(rule_id: str, title: Text, risk: Text, remedy: Text, severity: Severity, **more: object) -> Rule:
    rule = Rule(
        id=rule_id,
        pack="web",
        title=title,
        risk=risk,
        remedy=remedy,
        severity=severity,
        confidence=Confidence.HIGH,
        effort=Effort(30, "developer"),
        cwe=(306, 862),
        taxonomy=("A01:2025", "API2:2023"),
        references=("https://owasp.org/API-Security/",),
        matchers={"check": {}},
    )
    return replace(rule, **more)  # type: ignore[arg-type]


RULES = {
    r.id: r
    for r in (
        a_rule(
            "request-data-in-sql",
            Text(
                "Anyone can read the whole database through {source}",
                "N'importe qui peut lire toute la base par {source}",
            ),
            Text(
                "What a visitor types in {source} becomes part of a database command. A stranger can read all.",
                "Ce qu'un visiteur saisit dans {source} entre dans une commande : un inconnu peut tout lire.",
            ),
            Text(
                "Pass the value as a parameter instead of writing it into the command.",
                "Passer la valeur en paramètre au lieu de l'écrire dans la commande.",
            ),
            Severity.CRITICAL,
            cwe=(89,),
            taxonomy=("A05:2025", "ASVS-V1"),
            matchers={"flow": {}},
        ),
        a_rule(
            "stripe-live-secret-key",
            Text("The payment key {name} is in the code", "La clé de paiement {name} est dans le code"),
            Text(
                "Whoever has the code can take payments and refunds in your name.",
                "Qui possède le code peut encaisser et rembourser en votre nom.",
            ),
            Text(
                "Revoke the key at Stripe today, then read a new one from the environment.",
                "Révoquer la clé chez Stripe aujourd'hui, puis en lire une nouvelle dans l'environnement.",
            ),
            Severity.CRITICAL,
            pack="secrets",
            cwe=(798,),
            effort=Effort(20, "admin"),
            matchers={"secret": {}},
        ),
        a_rule(
            "route-without-authentication",
            Text("Anyone can call {route}", "N'importe qui peut appeler {route}"),
            Text(
                "No one has to be logged in to use {route}, which {effect}. A script can call it as often as it likes.",
                "Aucune connexion n'est demandée pour {route}, qui {effect}. Un script peut l'appeler sans fin.",
            ),
            Text(
                "Require a signed-in user before anything else, as {neighbour} already does.",
                "Exiger un utilisateur connecté avant toute autre chose, comme le fait déjà {neighbour}.",
            ),
            Severity.HIGH,
        ),
        a_rule(
            "vulnerable-dependency",
            Text(
                "{package} {version} has a known hole: {advisory}",
                "{package} {version} a une faille connue : {advisory}",
            ),
            Text(
                "The hole is public, and tools that look for it are too.",
                "La faille est publique, et les outils qui la cherchent aussi.",
            ),
            Text("Update to {fixed} or later.", "Passer à {fixed} ou plus récent."),
            Severity.MEDIUM,
            pack="dependencies",
            cwe=(1395,),
            matchers={"advisory": {}},
        ),
        a_rule(
            "agent-permissions-bypassed",
            Text("The coding agent never asks before it acts", "L'agent de code ne demande jamais avant d'agir"),
            Text(
                "A sentence hidden in a web page or an issue can make it run commands on the developer's machine.",
                "Une phrase cachée dans une page peut lui faire lancer des commandes sur la machine.",
            ),
            Text(
                "Remove the bypass mode and list what the agent may do.",
                "Retirer le mode sans demande et énumérer ce que l'agent peut faire.",
            ),
            Severity.HIGH,
            pack="agents",
            effort=Effort(10, "developer"),
            matchers={"config": {}},
        ),
        a_rule(
            "cookie-without-flags",
            Text("The session cookie can be read by scripts", "Le cookie de session peut être lu par des scripts"),
            Text(
                "One script in the page is enough to take over an account.",
                "Un seul script dans la page suffit pour prendre un compte.",
            ),
            Text("Set httpOnly, secure and sameSite.", "Poser httpOnly, secure et sameSite."),
            Severity.LOW,
            effort=Effort(5, "developer"),
        ),
    )
}


def findings() -> tuple[Finding, ...]:
    sql = Finding(
        rule_id="request-data-in-sql",
        message="Anyone can read the whole database through q",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        primary=at("src/db.js", 41, 10, width=48),
        related=(
            at("src/routes/notes.js", 18, 21, "the visitor's search text"),
            at("src/routes/notes.js", 22, 3, "passed to searchNotes()"),
            at("src/db.js", 41, 10, "written into the command"),
        ),
        sources=frozenset({"flow", "semgrep"}),
        cwe=(89,),
        facts=(("file", "src/db.js"), ("source", "GET /api/notes?q=")),
        anchor="searchNotes",
        snippet="  return db.all(\n    `SELECT * FROM notes WHERE title LIKE '%${text}%'`\n  );",
    )
    key = Finding(
        rule_id="stripe-live-secret-key",
        message="The payment key STRIPE_KEY is in the code",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        primary=at("src/config.js", 7, 15),
        sources=frozenset({"secrets"}),
        cwe=(798,),
        facts=(("file", "src/config.js"), ("name", "STRIPE_KEY")),
        anchor="9f31c2d8aa01",
        snippet='  stripeKey: "sk_l…[redacted 107 chars]",',
    )
    open_routes = [
        _open_route(*r)
        for r in (
            ("POST /api/share", 12, "@writes-store"),
            ("DELETE /api/files/:id", 48, "@writes-store"),
            ("POST /api/import", 9, "@calls-service @writes-store"),
        )
    ]
    bypass = Finding(
        rule_id="agent-permissions-bypassed",
        message="The coding agent never asks before it acts",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        primary=at(".claude/settings.json", 4, 5),
        sources=frozenset({"config"}),
        facts=(("file", ".claude/settings.json"),),
        anchor="permissions.defaultMode",
        snippet='    "defaultMode": "bypassPermissions"',
    )
    dependency = Finding(
        rule_id="vulnerable-dependency",
        message="express 4.16.0 has a known hole",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        primary=at("package-lock.json", 212, 5),
        sources=frozenset({"dependencies"}),
        cwe=(1395,),
        facts=(("advisory", "CVE-2022-24999"), ("fixed", "4.17.3"), ("package", "express"), ("version", "4.16.0")),
        anchor="express@4.16.0",
        notes=("raised: it is reachable from a public route",),
    )
    brought = Finding(
        rule_id="acme.no-console",
        message="Found console.log of a request body",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        primary=at("src/app.js", 30, 3),
        sources=frozenset({"semgrep"}),
        anchor="console.log(req.body)",
        snippet="  console.log(req.body)",
    )
    aside = Finding(
        rule_id="cookie-without-flags",
        message="The session cookie can be read by scripts",
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        primary=at("src/auth.js", 20, 3),
        sources=frozenset({"pattern"}),
        anchor="res.cookie",
        snippet='  res.cookie("sid", id)',
        suppressed=Suppression("inline", "only used on the intranet"),
    )
    return (sql, key, *open_routes, bypass, dependency, brought, aside)


def _open_route(route: str, line: int, effect: str) -> Finding:
    return Finding(
        rule_id="route-without-authentication",
        message=f"Anyone can call {route}",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        primary=at(f"src/routes/{route.split('/')[2]}.js", line, 1, width=40),
        sources=frozenset({"appmodel"}),
        cwe=(306, 862),
        facts=(("effect", effect), ("neighbour", "PATCH /api/notes/:id"), ("route", route)),
        anchor=route,
        snippet=f"router.{route.split()[0].lower()}('{route.split()[1]}', async (req, res) => {{",
    )


DIFF = """diff --git a/src/db.js b/src/db.js
--- a/src/db.js
+++ b/src/db.js
@@ -39,5 +39,6 @@
 function searchNotes(text) {
   return db.all(
-    `SELECT * FROM notes WHERE title LIKE '%${text}%'`
+    `SELECT * FROM notes WHERE title LIKE ?`,
+    [`%${text}%`]
   );
"""


def patches() -> tuple[Patch, ...]:
    sql, key, share, *_ = findings()
    proven = Patch(
        rule_ids=("request-data-in-sql",),
        title=Text("Pass the search text as a parameter", "Passer le texte cherché en paramètre"),
        safety=Safety.SAFE,
        author="fixer",
        edits=(
            Edit(PurePosixPath("src/db.js"), 900, 951, b"`SELECT * FROM notes WHERE title LIKE ?`,\n    [`%${text}%`]"),
        ),
        fixes=frozenset({sql.fingerprint}),
        diff=DIFF,
        body=Text(
            "The text reaches the database apart from the command.",
            "Le texte parvient à la base séparément de la commande.",
        ),
        proof=Proof(parses=True, gone=True, tests="passed", sandbox="bubblewrap", commands=("npm ci", "npm test")),
    )
    advice = Patch(
        rule_ids=("route-without-authentication",),
        title=Text("Require a signed-in user", "Exiger un utilisateur connecté"),
        safety=Safety.UNSAFE,
        author="model",
        edits=(),
        fixes=frozenset({share.fingerprint}),
        diff=DIFF.replace("db.js", "routes/share.js"),
        proof=Proof(parses=True, gone=False, tests="not-run", reason="no sandbox on this system"),
    )
    held = Patch(
        rule_ids=("stripe-live-secret-key",),
        title=Text("Read the payment key from the environment", "Lire la clé de paiement dans l'environnement"),
        safety=Safety.UNSAFE,
        author="fixer",
        edits=(),
        fixes=frozenset({key.fingerprint}),
        conflict="another patch changes the same line",
    )
    return proven, advice, held


def outcomes() -> tuple[Outcome, ...]:
    ran = {
        "semgrep": ("files", 31),
        "pattern": ("files", 31),
        "secrets": ("files", 58),
        "config": ("files", 9),
        "flow": ("functions", 84),
        "appmodel": ("routes", 14),
    }
    return (
        *(Outcome(name, Status.RAN, covered=Coverage(unit, n), seconds=0.4) for name, (unit, n) in ran.items()),
        Outcome(
            "bandit",
            Status.PARTIAL,
            reason="2 files could not be read as Python",
            covered=Coverage(
                "files", 3, (LeftOut("scripts/seed.py", "syntax error"), LeftOut("scripts/old.py", "Python 2"))
            ),
            seconds=1.25,
        ),
        Outcome("dependencies", Status.SKIPPED, reason="no advisory database was imported", seconds=0.01),
        Outcome("review", Status.FAILED, reason="the model did not answer within 60 s", seconds=60.0),
    )


def app() -> AppModel:
    package = at("package.json", 12)
    return AppModel(
        stack=Stack(
            languages=(("css", 4), ("javascript", 28), ("json", 9), ("python", 3)),
            builders=(Trace("builder", "Claude Code", at("CLAUDE.md")), Trace("builder", "Replit", at(".replit"))),
            frameworks=(Trace("framework", "Express", package),),
            manifests=(PurePosixPath("package.json"),),
        ),
        routes=tuple(r.route for r in api_table()),
        packages=(
            Package("npm", "express", "4.16.0", package, spec="^4.16.0", locked=True),
            Package("npm", "qs", "6.5.1", at("package-lock.json", 300), direct=False, locked=True),
            Package("npm", "jest", "", package, spec="^29", dev=True),
            Package("PyPI", "requests", "", at("requirements.txt", 1), spec=">=2"),
        ),
        services=tuple(r.service for r in data_map()),
        client_files=frozenset({"public/app.js"}),
    )


def api_table() -> tuple[ApiRow, ...]:
    guard = Guard("authentication", "middleware", "requireUser", at("src/auth.js", 4))

    def route(methods: str, path: str, line: int, **more: Any) -> Route:
        made = Route("express", (methods,), path, "handler", at(f"src/routes/{path.split('/')[2]}.js", line))
        return replace(made, **more)

    return (
        ApiRow(route("GET", "/api/health", 3, public_reason="health"), "public-by-design"),
        ApiRow(
            route(
                "GET",
                "/api/notes",
                18,
                guards=(guard,),
                effects=frozenset({"reads-store"}),
                personal_data=frozenset({"email"}),
            ),
            "guarded",
        ),
        ApiRow(
            route(
                "POST",
                "/api/share",
                12,
                effects=frozenset({"writes-store", "sends-mail"}),
                personal_data=frozenset({"email", "name"}),
            ),
            "open",
        ),
        ApiRow(route("DELETE", "/api/files/:id", 48, effects=frozenset({"writes-store"})), "open"),
    )


def data_map() -> tuple[DataRow, ...]:
    def service(vendor: str, category: str, line: int, region: str = "") -> Service:
        return Service(vendor, category, (at("src/config.js", line),), (), region)

    return (
        DataRow(
            service("OpenAI", "llm", 3),
            "US",
            "conditional",
            "project created with EU data residency, then base URL https://eu.api.openai.com/v1",
            "yes",
            "Mistral AI; Scaleway; OVHcloud",
            "prompts; outputs; end-user ids",
            "doc",
        ),
        DataRow(
            service("Stripe", "payments", 5), "US|IE", "no", "", "yes", "Mollie; Adyen", "payers; invoices", "known"
        ),
        DataRow(
            service("Supabase", "baas", 9, "eu-west-3"),
            "US",
            "yes",
            "choose an EU region when the project is created",
            "partial",
            "Scaleway; Clever Cloud",
            "application data; identities; files",
            "unverified",
        ),
        DataRow(
            service("Brevo", "email", 11),
            "FR",
            "yes",
            "EU",
            "no",
            "(is the alternative)",
            "mail addresses; content",
            "doc",
        ),
    )


def agent_graph() -> tuple[AgentRow, ...]:
    claude = AgentSetup(
        "Claude Code",
        "config",
        at(".claude/settings.json", 1),
        frozenset({"run", "read", "write", "network"}),
        ("Bash(*)", "WebFetch"),
        "never",
    )
    chat = AgentSetup(
        "LangChain agent",
        "code",
        at("src/agent.py", 22),
        frozenset({"query", "send"}),
        ("query_orders", "send_email"),
        "some",
    )
    return AgentRow(claude, ("repository", "web"), ("runs-commands", "unattended")), AgentRow(chat, ("database",))


def a_report(**changes: object) -> Report:
    """A typical audit of a small Express app: holes, patches, an incomplete ledger."""
    report = Report(
        snapshot=Snapshot(
            Path("/nowhere"),
            "https://github.com/acme/notes",
            "notes",
            "4f2a9c01d3b5e6f7a8b9c0d1e2f3a4b5c6d7e8f9",
            (),
            (LeftOut("node_modules/", "not the app's own code"), LeftOut("public/logo.png", "not text")),
        ),
        app=app(),
        maps=Maps(api_table(), data_map(), agent_graph()),
        outcomes=outcomes(),
        findings=findings(),
        patches=patches(),
        rules=RULES,
        ledgers=Ledgers(
            (
                EgressEntry("github.com", "clone the repository", True),
                EgressEntry("semgrep.dev", "not asked for", False),
            ),
            (
                InferenceEntry("qwen3:4b", "ab" * 32, "cd" * 32, (("temperature", "0"),), 3.2, "used"),
                InferenceEntry("qwen3:4b", "ef" * 32, "", (), 60.0, "failed: no answer"),
            ),
            sandboxed=True,
        ),
        version="0.1.0",
        generated_at="2026-11-21T09:30:00+00:00",
        seconds=61.5,
    )
    return replace(report, **changes)  # type: ignore[arg-type]


def a_complete_report(**changes: object) -> Report:
    """Every check ran, nothing was found, nothing left."""
    whole = tuple(replace(o, status=Status.RAN, reason="", covered=Coverage("files", 4)) for o in outcomes())
    return a_report(**{"outcomes": whole, "findings": (), "patches": (), "ledgers": Ledgers(sandboxed=True), **changes})


HOSTILE = (
    "<script>alert(1)</script><img src=https://evil.example/x.png> ![x](https://evil.example/y.png) "
    "[click](javascript:alert(2)) "
    "`a` ``` | **b** \x1b[31mred\x1b[0m \u202egnp.exe\u2066 \x9b2J @octocat www.evil.example "
    "https://evil.example </style> {{ 7*7 }} {% raw %} \ue0001\ue001 $x$ &lt; \u200b\U000e0041"
)


def a_hostile_report() -> Report:
    """Every text that comes out of the audited app attacks its reader."""
    path = PurePosixPath("src/\x1b]0;owned\x07<img src=x onerror=alert(1)>\n# Heading\n\u202e|`${x}`.js")
    place = Location(path, 3, 1, 3, 9, HOSTILE)
    ours = replace(
        findings()[2],
        primary=place,
        related=(place, place),
        snippet=f"````\n{HOSTILE}\n~~~\n</code></pre>",
        facts=(("effect", HOSTILE), ("neighbour", HOSTILE), ("route", HOSTILE)),
        notes=(HOSTILE,),
        anchor=HOSTILE,
    )
    theirs = replace(ours, rule_id=f"evil.{HOSTILE}", message=HOSTILE, suppressed=None, anchor="2")
    aside = replace(ours, anchor="3", suppressed=Suppression("inline", HOSTILE))
    base = patches()[0]
    patch = replace(
        base,
        title=Text(HOSTILE, HOSTILE),
        body=Text(HOSTILE, HOSTILE),
        diff=DIFF + f"+{HOSTILE}\n+```\n",
        fixes=frozenset({ours.fingerprint}),
        proof=replace(base.proof, reason=HOSTILE, sandbox=HOSTILE, commands=(HOSTILE,)),
    )
    route = Route(
        "express",
        (HOSTILE,),
        HOSTILE,
        HOSTILE,
        place,
        (Guard(HOSTILE, "", HOSTILE, place),),
        (),
        frozenset({HOSTILE}),
        frozenset({HOSTILE}),
        HOSTILE,
    )
    vendor = DataRow(
        Service(HOSTILE, HOSTILE, (place,), (HOSTILE,), HOSTILE),
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
    )
    agent = AgentRow(
        AgentSetup(HOSTILE, HOSTILE, place, frozenset({HOSTILE}), (HOSTILE,), HOSTILE), (HOSTILE,), (HOSTILE,)
    )
    return a_report(
        snapshot=Snapshot(
            Path("/nowhere"),
            f"https://user:hunter2secret@evil.example/{HOSTILE}",
            HOSTILE,
            None,
            (),
            (LeftOut(HOSTILE, HOSTILE),),
        ),
        app=replace(
            app(),
            stack=Stack(frameworks=(Trace("framework", HOSTILE, place),)),
            packages=(Package(HOSTILE, HOSTILE, HOSTILE, place),),
        ),
        maps=Maps((ApiRow(route, HOSTILE),), (vendor,), (agent,)),
        outcomes=(
            Outcome(HOSTILE, Status.FAILED, reason=HOSTILE, covered=Coverage(HOSTILE, 3, (LeftOut(HOSTILE, HOSTILE),))),
        ),
        findings=(ours, theirs, aside),
        patches=(patch,),
        ledgers=Ledgers(
            (EgressEntry(HOSTILE, HOSTILE, True),),
            (InferenceEntry(HOSTILE, HOSTILE, HOSTILE, ((HOSTILE, HOSTILE),), 1.0, HOSTILE),),
        ),
    )
