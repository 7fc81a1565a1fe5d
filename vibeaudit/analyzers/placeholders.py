"""Values that only look like secrets: samples from manuals, gaps to fill in, and things read at run time."""

from __future__ import annotations

import re
from itertools import pairwise

# Whole words that people write where a secret is to be filled in, or use as an obvious default.
_WORDS = frozenset(
    "password passwd passwort pass pwd secret token key apikey changeme changeit change-me change_me "
    "replaceme example sample "
    "placeholder dummy fake test testing tests demo default none null nil undefined true false string str todo tbd "
    "redacted masked hidden removed xxx foo bar baz foobar foobarbaz abc abcd abc123 abcdef abcdef123456 "
    "qwerty user username root admin "
    "postgres postgresql mysql mariadb mongo mongodb redis guest rabbitmq minio minioadmin supabase localhost "
    "123 1234 12345 123456 1234567 12345678 123456789 1234567890 secretkey supersecret mysecret mytoken "
    "mykey my_password "
    "mypassword dev development local ci build postgres_password pass123 password1 password123 passw0rd p@ssw0rd "
    "unused empty insecure notused not-needed not-used no-key ollama lm-studio vllm sk-test anything "
    "optional required".split()
)
_GAP = re.compile(
    r"""(?ix)
    \$\{|\$\(|\{\{|\}\}|<%|%>|\#\{|%\(|@@
    |^\$\w+$|^%\w+%?$|^%[sd]$|^\{[\w.!:\[\]'"()]*\}$|^<.*>$|^\[.*\]$|^\*+$|^__\w+__$|^!(?:Ref|Sub|GetAtt|ENV|vault|secret|reference)\b|^@\w+\(|^:\w+$
    |process\.env|import\.meta\.env|os\.environ|getenv|\bsecrets\.|\bvars\.|\benv\.|deno\.env|config\.\w
    |\.\.\.|…|\*{3,}|•{3,}|\bx{4,}\b|x{6,}|X{4,}|0{10,}|_{4,}|-{6,}
    """
)
_PHRASE = re.compile(
    r"""(?ix)
    your[-_. ]?(?:own|api|app|secret|token|key|password|pass|client|auth|access|project|openai|stripe|jwt|db)
    |your[-_. ]?\w{2,20}[-_.]|(?:^|[-_. ])your(?:$|[-_. ])
    |(?:^|[-_. ])(?:insert|enter|put|paste|add|fill|replace|change)[-_. ]?(?:me|this|with|by|your|here|it)?(?:[-_. ]|$)
    |[-_. ]here$|change[-_]?(?:me|this|in)|replace[-_]?(?:me|this|with)|place[-_]?holder|example|sample[-_]|dummy
    |\bfake|fake[-_]|redacted|not[-_]?(?:a[-_])?real|do[-_]not[-_]use|mock[-_]|(?:^|[-_])foo(?:bar)?(?:$|[-_])|lorem
    |to[-_]?be[-_]?(?:set|filled|replaced)|generate[-_](?:a|with|using|me|one)|openssl[-_ ]rand
    |abc123xyz|(?-i:[a-z]Here$)
    |min(?:imum)?[-_]?\d+[-_]?char|at[-_]least[-_]|\d+[-_]char|(?:^|[-_])todo(?:$|[-_])|set[-_](?:me|this|in)
    """
)
# Values that vendors print in their manuals or ship as public local defaults.
_SAMPLES = (
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG",
    "je7MtGbClwBF/2Zp9Utk/h3yCo8nvb",
    "4eC39HqLyjWDarjtT1zdp7dc",
    "BQokikJOvBiI2HlWgH4olfQ2",
    "26PHem9AhJZvU623DfE1x4sd",
    "0x4AAAAAAADnPIDROrmt1Wwj",
    "1x0000000000000000000000000000000AA",
    "2x0000000000000000000000000000000AA",
    "6LeIxAcTAAAAA",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",  # the storage emulator's account
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw",  # the database emulator's
    "super-secret-jwt-token-with-at-least-32-characters-long",  # a local stack's public default
)
_RUNS = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01234567890123456789"
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "1q2w3e4r", "deadbeef", "cafebabe", "0123456789abcdef", "9876543210")


def is_placeholder(value: str) -> bool:
    """Whether this value stands for a secret instead of being one."""
    low = value.strip().lower()
    if not low or low in _WORDS or low.strip("-_.!*#<>[]{}()'\"") in _WORDS:
        return True
    if is_gap(value) or _PHRASE.search(value):
        return True
    return any(s.lower() in low for s in _SAMPLES) or is_patterned(value)


def is_gap(value: str) -> bool:
    """Whether something else fills it in later: `${KEY}`, `<key>`, `{{ key }}`, `process.env.KEY`, `sk-...`, `xxxx`."""
    return bool(_GAP.search(value))


def is_patterned(value: str) -> bool:
    """One or two characters over and over, a run of the alphabet, or a row of the keyboard."""
    body = re.sub(r"^[A-Za-z]{1,12}[-_.]", "", value) if len(value) > 16 else value
    low = re.sub(r"[^a-z0-9]", "", body.lower())
    if len(low) < 6:
        return False
    if len(low) >= 10 and len(set(low)) <= 3:
        return True
    if any(row in low and len(row) * 2 >= len(low) for row in _KEYBOARD):
        return True
    return _longest_run(low) * 2 >= len(low) or _repeats(low)


def _longest_run(low: str) -> int:
    """The most characters in a row that follow one another (abc, 345) or stay the same (aaaa)."""
    best = run = 1
    same = 1
    for before, after in pairwise(low):
        run = run + 1 if _RUNS.find(before + after) >= 0 else 1
        same = same + 1 if before == after else 1
        best = max(best, run if run > 2 else 1, same if same > 2 else 1)
    return best if best > 4 else 0


def _repeats(low: str) -> bool:
    """A short word written several times over."""
    sizes = range(2, min(12, len(low) // 3) + 1)
    return any((low[:size] * (len(low) // size + 1))[: len(low)] == low for size in sizes)
