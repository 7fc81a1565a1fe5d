"""The secrets analyzer: what it finds, what it leaves alone, and that no value ever leaves it."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path, PurePosixPath

import pytest

from tests.fixture_project import grow
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.analyzers import Context
from vibeaudit.analyzers.placeholders import is_placeholder
from vibeaudit.analyzers.secret_assignments import assignment_at
from vibeaudit.analyzers.secret_checks import CHECKS, Verdict, jwt_claims
from vibeaudit.analyzers.secret_names import Kind, is_exposed, kind_of
from vibeaudit.analyzers.secret_text import Readable, read
from vibeaudit.analyzers.secrets import MAX_RELATED, analyze
from vibeaudit.config import Config
from vibeaudit.model import Confidence, Finding, Outcome, Severity, Snapshot, Status
from vibeaudit.rules import load
from vibeaudit.source import SourceFile

STRIPE = "sk_live_51" + grow("⟪alnum:60⟫", "stripe")
PASSWORD = grow("⟪alnum:14⟫", "database")
API_KEY = grow("⟪alnum:36⟫", "partner")


def _audit(root: Path, files: dict[str, str | bytes], without: tuple[str, ...] = ()) -> Outcome:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    rules = load().without(without)
    return analyze(Context(snapshot_of(root, Config()), rules, Config()))


def _places(outcome: Outcome) -> list[tuple[str, str, int]]:
    return [(f.rule_id, str(f.primary.path), f.primary.line) for f in outcome.findings]


def _one(outcome: Outcome) -> Finding:
    assert len(outcome.findings) == 1, _places(outcome)
    return outcome.findings[0]


def _jwt(**claims: object) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    packed = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    return ".".join((*packed, grow("⟪base64url:43⟫", str(claims))))


def test_no_value_is_left_in_any_field_of_any_finding(tmp_path: Path) -> None:
    pem = "\n".join(grow("⟪base64:64⟫", f"pem{n}") for n in range(10))
    values = [STRIPE, PASSWORD, API_KEY, *pem.split("\n")]
    outcome = _audit(
        tmp_path,
        {
            "app.py": f'stripe.api_key = "{STRIPE}"\nPARTNER_API_KEY = "{API_KEY}"\n',
            "db.py": f'URL = "postgres://shop:{PASSWORD}@db.shop.eu/shop"\n',
            "key.pem": f"-----BEGIN RSA PRIVATE KEY-----\nMII{pem[3:]}\n-----END RSA PRIVATE KEY-----\n",
            ".env": f"STRIPE_SECRET_KEY={STRIPE}\nPARTNER_API_KEY={API_KEY}\n",
            "bundle.js": "x=1;" * 140 + f'k="{STRIPE}";' + "y=2;" * 200,
        },
    )
    assert len(outcome.findings) >= 6
    told = repr(outcome)
    for value in values:
        assert value not in told
        assert value[8:40] not in told


def test_one_secret_is_one_finding_and_the_most_specific_rule_wins(tmp_path: Path) -> None:
    admin = _jwt(iss="supabase", ref="kxqvhzrtnwopalsbcjde", role="service_role", exp=2046576000)
    outcome = _audit(
        tmp_path,
        {
            "a.ts": f'const secretKey = "{STRIPE}";\n',
            "b.ts": f'const serviceRoleKey = "{admin}";\n',
            "c.ts": f'const dbPassword = "postgres://shop:{PASSWORD}@db.shop.eu/shop";\n',
            "d.ts": f'fetch(url, {{ headers: {{ Authorization: "Bearer {STRIPE}" }} }});\n',
        },
    )
    assert _places(outcome) == [
        ("stripe-live-secret-key", "a.ts", 1),
        ("supabase-service-role-key", "b.ts", 1),
        ("database-password-in-url", "c.ts", 1),
        ("stripe-live-secret-key", "d.ts", 1),
    ]


def test_a_rule_that_was_switched_off_does_not_come_back_as_a_vaguer_one(tmp_path: Path) -> None:
    outcome = _audit(tmp_path, {"a.ts": f'const apiKey = "{STRIPE}";\n'}, without=("stripe-live-secret-key",))
    assert not outcome.findings


def test_keys_that_are_public_by_design_are_silent(tmp_path: Path) -> None:
    anon = _jwt(iss="supabase", ref="kxqvhzrtnwopalsbcjde", role="anon", exp=2046576000)
    firebase = grow("AIza⟪alnum:35⟫", "firebase")
    lines = [
        f'const supabaseKey = "{anon}";',
        f'headers = {{ apikey: "{anon}", Authorization: "Bearer {anon}" }};',
        f'const firebaseConfig = {{ apiKey: "{firebase}", authDomain: "shop.firebaseapp.com" }};',
        grow('const stripeKey = "pk_live_⟪alnum:99⟫";', "pk"),
        grow('const apiKey = "phc_⟪alnum:43⟫";', "phc"),
        grow('const supabaseSecretKey = "sb_publishable_⟪alnum:22⟫_⟪alnum:8⟫";', "sb"),
        grow('const recaptchaSiteKey = "6L⟪alnum:38⟫";', "site"),
        grow('const vapidPublicKey = "B⟪base64url:86⟫";', "vapid"),
    ]
    assert not _audit(tmp_path, {"src/client.ts": "\n".join(lines)}).findings


def test_a_variable_that_reaches_every_browser_is_worse(tmp_path: Path) -> None:
    server = _one(_audit(tmp_path / "a", {"config.ts": f'const PARTNER_API_KEY = "{API_KEY}";'}))
    client = _one(_audit(tmp_path / "b", {"config.ts": f'const VITE_PARTNER_API_KEY = "{API_KEY}";'}))
    assert (server.severity, client.severity) == (Severity.HIGH, Severity.CRITICAL)
    assert is_exposed("NEXT_PUBLIC_X_KEY")
    assert not is_exposed("publicKey")


def test_tests_and_samples_lower_the_confidence_of_a_vendor_s_key_and_silence_mere_names(tmp_path: Path) -> None:
    outcome = _audit(
        tmp_path,
        {
            "tests/test_pay.py": f'key = "{STRIPE}"\npassword = "{PASSWORD}"\n',
            "docs/setup.md": f"Use {STRIPE}\n",
        },
    )
    assert {f.rule_id for f in outcome.findings} == {"stripe-live-secret-key"}
    assert {f.confidence for f in outcome.findings} == {Confidence.LOW}


def test_the_same_value_is_one_finding_a_file_with_the_other_places_beside_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"f{n}.ts": f'const apiKey = "{STRIPE}";\n' * 2 for n in range(9)}
    outcome = _audit(tmp_path, files)
    assert len(outcome.findings) == 9
    assert all(len(f.related) == MAX_RELATED for f in outcome.findings)
    assert all(f.primary not in f.related for f in outcome.findings)


def test_a_fingerprint_survives_moved_code_but_not_another_value(tmp_path: Path) -> None:
    first = _one(_audit(tmp_path / "a", {"a.py": f'API_KEY = "{API_KEY}"\n'}))
    moved = _one(_audit(tmp_path / "b", {"a.py": f'import os\n\n\nif os:\n    API_KEY = "{API_KEY}"  # x\n'}))
    other = _one(_audit(tmp_path / "c", {"a.py": f'API_KEY = "{API_KEY[::-1]}"\n'}))
    assert first.fingerprint == moved.fingerprint != other.fingerprint


def test_two_audits_in_two_folders_say_the_same(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        ".env": f"A_TOKEN={API_KEY}\nB_TOKEN={API_KEY[::-1]}\n",
        "a.py": f'k = "{STRIPE}"\n',
    }
    assert _audit(tmp_path / "one", files) == _audit(tmp_path / "tests" / "two", files)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_and_column_hold_in_every_encoding(tmp_path: Path, encoding: str, ending: str) -> None:
    text = ending.join(("# clé d'accès", "x = 1", f'    API_KEY = "{API_KEY}"', ""))
    finding = _one(_audit(tmp_path, {"a.py": text.encode(encoding)}))
    assert (finding.primary.line, finding.primary.column) == (3, 16)


def test_a_notebook_is_read_as_code_with_its_true_lines(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": ["import os\n", f'api_key = "{API_KEY}"\n', f"%env PARTNER={STRIPE}\n"]}
    text = json.dumps({"cells": [cell], "nbformat": 4}, indent=1)
    lines = [n for n, line in enumerate(text.split("\n"), 1) if API_KEY in line or STRIPE in line]
    outcome = _audit(tmp_path, {"explore.ipynb": text})
    assert [f.primary.line for f in outcome.findings] == lines
    assert [f.rule_id for f in outcome.findings] == ["hard-coded-secret", "stripe-live-secret-key"]


def test_binary_lock_and_generated_files_raise_no_alarm(tmp_path: Path) -> None:
    digest = grow("⟪hex:64⟫", "digest")
    outcome = _audit(
        tmp_path,
        {
            "logo.png": b"\x89PNG\0" + STRIPE.encode(),
            "data": b"\0\1\2" + STRIPE.encode(),
            "package-lock.json": f'{{"token": "{API_KEY}", "integrity": "sha512-{digest}"}}',
            "embed.html": f'<img src="data:image/png;base64,{"A1b2" * 60}AKIA{grow("⟪base32:16⟫", "x")}{"Zz9" * 80}">',
            "bundle.min.js": "a=1;" * 1000 + f'token="{API_KEY}"',
            "hashes.py": f'CHECKSUM = "{digest}"\nCOMMIT = "{digest[:40]}"\npassword_hash = "{digest}"\n',
            "ids.json": '{"request_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "key": "6ba7b811-9dad-11d1"}',
        },
    )
    assert outcome.status is Status.RAN
    assert not outcome.findings


def test_what_is_not_read_is_said() -> None:
    file = SourceFile(PurePosixPath("big.sql"), data=b"x" * 5_000_001)
    outcome = analyze(Context(Snapshot(Path(), "", "", None, (file,)), load(), Config()))
    assert outcome.status is Status.PARTIAL
    assert [(o.what, o.why) for o in outcome.covered.left_out] == [("big.sql", "larger than 5 MB")]
    assert outcome.covered.looked_at == 0


def test_an_env_file_is_told_of_once_and_an_example_never(tmp_path: Path) -> None:
    text = f"PORT=1\nA_TOKEN={API_KEY}\nB_TOKEN={API_KEY[::-1]}\n"
    outcome = _audit(tmp_path, {".env": text, ".env.example": "A_TOKEN=your-token\n", "web/.env": "PORT=1\n"})
    files = [f for f in outcome.findings if f.rule_id == "env-file-committed"]
    assert [(str(f.primary.path), f.primary.line, f.facts[0]) for f in files] == [(".env", 2, ("count", "2"))]
    assert [r.line for r in files[0].related] == [3]


@pytest.mark.parametrize(
    "hostile",
    [
        'password="' * 60_000,
        "insert into users (password) values " + "('" * 200_000,
        "insert into u (password) values (" + "x" * 400_000,
        "-----BEGIN PRIVATE KEY-----" * 20_000,
        "eyJ" * 150_000,
        "postgres://a:" * 40_000,
        "SECRET_KEY_" * 50_000,
        "Bearer " * 70_000,
        ("token = " + "a" * 500 + "\n") * 1000,
        "discord " + "M" * 400_000,
        "sk-ant-api03-" * 40_000,
        "key: " * 100_000,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("name", ["a.py", "a.sql", "a.yaml"])
def test_no_text_makes_it_slow(tmp_path: Path, name: str, hostile: str) -> None:
    started = time.process_time()
    _audit(tmp_path, {name: hostile})
    assert time.process_time() - started < 5


def test_a_file_full_of_secrets_is_bounded_and_says_so(tmp_path: Path) -> None:
    text = "\n".join(f'key{n} = "sk_live_51{grow("⟪alnum:60⟫", str(n))}"' for n in range(2000))
    outcome = _audit(tmp_path, {"a.py": text})
    assert len(outcome.findings) == 300
    assert outcome.status is Status.PARTIAL


_PLACEHOLDERS = (
    "your-api-key YOUR_KEY xxxxxxxxxxxx changeme example-secret <token> ${TOKEN} process.env.KEY aaaaaaaaaaaaaaaa "
    "sk-... 1234567890abcdef abcdefghijklmnop AKIAIOSFODNN7EXAMPLE %s $TOKEN abcabcabcabcabc replace-me key_here"
)


@pytest.mark.parametrize("value", [*_PLACEHOLDERS.split(), "{{ token }}", "", "  "])
def test_a_placeholder_is_told_from_a_secret(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("kind", ["alnum", "hex", "base64url", "loweralnum"])
def test_random_values_are_no_placeholders(kind: str) -> None:
    assert not [v for n in range(300) if is_placeholder(v := grow(f"⟪{kind}:32⟫", str(n)))]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("OPENAI_API_KEY", Kind.SECRET),
        ("stripeSecretKey", Kind.SECRET),
        ("AWS_SECRET_ACCESS_KEY", Kind.SECRET),
        ("accessToken2", Kind.SECRET),
        ("JWT_SECRET", Kind.SIGNING),
        ("SECRET_KEY_BASE", Kind.SIGNING),
        ("sessionSecret", Kind.SIGNING),
        ("db.password", Kind.PASSWORD),
        ("SMTP_PASS", Kind.PASSWORD),
        ("passwordResetUrl", None),
        ("TOKEN_STORAGE_KEY", None),
        ("max_tokens", None),
        ("next_page_token", None),
        ("publicKey", None),
        ("secret_name", None),
        ("password_hash", None),
        ("anonKey", None),
        ("ALGOLIA_SEARCH_API_KEY", None),
        ("client_secret", Kind.SECRET),
        ("TOKEN_DB", Kind.SECRET),
        ("keyboard", None),
        ("author", None),
    ],
)
def test_a_name_says_what_its_value_is(name: str, kind: Kind | None) -> None:
    found = kind_of(name)
    assert found is kind or (kind is Kind.SECRET and found is Kind.SIGNING and "Secret" in name)


@pytest.mark.parametrize(
    ("path", "line", "how"),
    [
        ("a.py", 'client = C(token="VALUE")', "set"),
        ("a.py", "token: str = 'VALUE'", "set"),
        ("a.py", "token = os.getenv('TOKEN', 'VALUE')", "fallback"),
        ("a.py", "if token == 'VALUE':", "compare"),
        ("a.ts", "const token: string | null = `VALUE`;", "set"),
        ("a.ts", 'const t = process.env.TOKEN ?? "VALUE";', "fallback"),
        ("a.ts", 'headers.set("x-token", "VALUE")', "set"),
        ("a.json", '"token" : "VALUE"', "set"),
        ("a.yaml", "  token: VALUE  # live", "set"),
        ("compose.yml", "      - TOKEN=VALUE", "set"),
        ("a.toml", 'token = "VALUE" # live', "set"),
        (".env", "export TOKEN=VALUE", "set"),
        ("Dockerfile", "ENV TOKEN VALUE", "set"),
        ("a.sh", "TOKEN=VALUE ./deploy", "set"),
        ("a.xml", "<token>VALUE</token>", "set"),
        ("a.rb", "token => 'VALUE'", "set"),
    ],
)
def test_a_value_is_found_beside_its_name_in_every_syntax(path: str, line: str, how: str) -> None:
    text = read(SourceFile(PurePosixPath(path), data=f"first\n{line}\nlast\n".encode()))
    assert isinstance(text, Readable)
    at = text.low.rindex("token", 0, text.text.index("VALUE"))
    found = assignment_at(text, at, at + 5)
    assert found is not None
    assert (text.value(found.start, found.end), found.how) == ("VALUE", how)


def test_offline_checks_tell_real_tokens_from_made_up_ones() -> None:
    checks = CHECKS
    assert checks["crc32-tail"](grow("ghp_⟪crc62:30⟫", "a")) is Verdict.CONFIRM
    assert checks["crc32-tail"](grow("ghp_⟪alnum:36⟫", "a")) is Verdict.DOUBT
    assert checks["aws-key-id"](grow("AKIAQ⟪base32:15⟫", "a")) is Verdict.CONFIRM
    assert checks["aws-key-id"]("AKIA" + "7" * 16) is Verdict.REJECT
    assert checks["discord-id"]("MTk4NjIyNDgzNDcxOTI1MjQ4.abc.def") is Verdict.CONFIRM
    assert checks["discord-id"]("Mabcdefghijklmnopqrstuvw.abc.def") is Verdict.REJECT
    assert checks["jwt-service-role"](_jwt(iss="supabase", role="service_role", ref="x")) is Verdict.CONFIRM
    assert checks["jwt-service-role"](_jwt(iss="supabase", role="anon", ref="x")) is Verdict.REJECT
    assert checks["pem"]("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----") is Verdict.REJECT
    assert jwt_claims("eyJ.eyJ.x") is None
