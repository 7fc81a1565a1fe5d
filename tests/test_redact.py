"""Nothing of a secret is left in a text, and nothing else is lost."""

from __future__ import annotations

import time

import pytest

from tests.fixture_project import grow
from vibeaudit.redact import digest, mask, redact, strip_credentials

_BODY = "\n".join(grow("⟪base64:64⟫", f"line{n}") for n in range(12))
_PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{_BODY}\n-----END RSA PRIVATE KEY-----"
_SHAPES = [
    ("sk_live_51", "⟪alnum:40⟫", ""),
    ('key = "sk-proj-', "⟪alnum:60⟫", '"'),
    ("token ghp_", "⟪alnum:36⟫", " and more"),
    ("AKIA", "⟪base32:16⟫", ""),
    ("postgres://shop:", "⟪alnum:16⟫", "@db.shop.eu/shop"),
    ("amqp://shop:", "⟪alnum:6⟫/⟪alnum:6⟫", "@queue.shop.eu"),
    ("Authorization: Bearer ", "⟪alnum:40⟫", ""),
    ("password: '", "⟪alnum:9⟫!x", "'"),
    ('{"client_secret": "', "⟪alnum:12⟫", '"}'),
    ("os.getenv('API_KEY', '", "⟪alnum:20⟫", "')"),
    ("if password == '", "⟪lower:10⟫", "':"),
    ("SESSION_SECRET=", "⟪lower:20⟫", "\nPORT=3000"),
    ("      - DB_PASSWORD=", "⟪alnum:12⟫", ""),
    ("AccountName=shop;AccountKey=", "⟪base64:86⟫", "==;Suffix=x"),
    ("https://hooks.slack.com/services/T012345/B012345/", "⟪alnum:24⟫", ""),
    ("a key nobody knows: ", "⟪base64:48⟫", ""),
]
_KEPT = [
    "commit 3f2a9c1d4b5e6f708192a3b4c5d6e7f809a1b2c3 fixes it",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "const passwordResetTokenRepository = getRepository(PasswordResetToken);",
    "password = os.environ['SHOP_PASSWORD']",
    "const secret = process.env.SESSION_SECRET;",
    "DATABASE_URL=postgres://db.shop.eu:5432/shop",
    "src/components/dashboard/CustomerSubscriptionSettings.tsx",
    "author: 'Jane Doe of Paris'",
    "tokenizer = 'cl100k_base'",
    "https://fonts.googleapis.com/css2?family=Inter:wght@400;700",
    "sk-learn and key-value-store-for-the-session-data",
    "PASSWORD=${SHOP_PASSWORD}",
]


@pytest.mark.parametrize(("head", "secret", "tail"), _SHAPES)
def test_it_masks_every_shape_of_a_secret_and_keeps_its_surroundings(head: str, secret: str, tail: str) -> None:
    value = grow(secret, head)
    clean = redact(head + value + tail)
    assert value not in clean
    assert value[8:] not in clean
    assert "…[redacted" in clean
    assert clean.endswith(tail.lstrip("="))


@pytest.mark.parametrize("text", _KEPT)
def test_it_keeps_what_is_no_secret(text: str) -> None:
    assert redact(text) == text


def test_it_masks_a_key_of_many_lines_whole() -> None:
    for text in (_PEM, _PEM.replace("\n", "\\n"), "\n".join(_PEM.split("\n")[:5])):
        clean = redact(f"before\n{text}\nafter")
        assert not any(line in clean for line in _BODY.split("\n"))
        assert "before" in clean


def test_it_masks_known_values_wherever_they_stand() -> None:
    assert "hunter2" not in redact("the word hunter2, and hunter22", ("hunter2", "hunter22"))


def test_it_masks_a_json_web_token_with_and_without_signature() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1XzkxeGsifQ." + grow("⟪base64url:43⟫", "jwt")
    for text in (token, token.rsplit(".", 1)[0]):
        assert "eyJzdWIi" not in redact(f"x={text};")


def test_masking_twice_changes_nothing() -> None:
    once = redact("\n".join(h + grow(s, h) + t for h, s, t in _SHAPES) + _PEM)
    assert redact(once) == once


def test_a_mask_shows_four_characters_at_most() -> None:
    assert mask("hunter2hunter2hunter2").startswith("hunt…")
    assert mask("abc") == "…[redacted 3 chars]"


def test_a_digest_tells_values_apart_and_holds_neither() -> None:
    assert digest("one") != digest("two")
    assert digest("one") == digest("one")
    assert len(digest("one")) == 12


def test_credentials_leave_an_address() -> None:
    assert strip_credentials("https://me:word@git.shop.eu/x.git") == "https://git.shop.eu/x.git"


@pytest.mark.parametrize(
    "piece", ["a", "aB3", "password", "eyJ", "a://b:c", "-----BEGIN PRIVATE KEY-----", "secret='", "sk-"]
)
def test_it_is_fast_on_a_long_line_made_to_slow_it_down(piece: str) -> None:
    started = time.process_time()
    redact(piece * (500_000 // len(piece)))
    assert time.process_time() - started < 3
