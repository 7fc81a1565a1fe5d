"""The config analyzer: what its readers understand, what its rules may ask, and what it does with hostile files."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.analyzers import Context
from vibeaudit.analyzers.config import analyze
from vibeaudit.analyzers.configuration import dockerfiles, firebase, jsonc, plain, tomls, yamls
from vibeaudit.analyzers.configuration.nodes import Document, Node, Unreadable
from vibeaudit.analyzers.configuration.paths import Match, steps, walk
from vibeaudit.analyzers.configuration.predicates.commands import unpinned_package
from vibeaudit.analyzers.configuration.predicates.secrets import is_secret
from vibeaudit.analyzers.configuration.products import PRODUCTS, READERS
from vibeaudit.analyzers.configuration.queries import compiled
from vibeaudit.config import Config
from vibeaudit.model import Outcome, Status
from vibeaudit.rules import load
from vibeaudit.source import SourceFile
from vibeaudit.survey.agent_files import agent_files
from vibeaudit.survey.agents import PRODUCTS as AGENTS


def file_of(name: str, text: str | bytes) -> SourceFile:
    return SourceFile(PurePosixPath(name), data=text.encode() if isinstance(text, str) else text)


def plain_value(node: Node) -> object:
    if node.kind == "mapping":
        return {k: plain_value(n) for k, n in node.entries}
    return [plain_value(n) for n in node.items] if node.kind == "sequence" else node.value


def audit(root: Path, files: dict[str, str | bytes], *rules: str) -> Outcome:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode() if isinstance(text, str) else text)
    book = load().only(rules) if rules else load()
    return analyze(Context(snapshot_of(root, Config()), book, Config()))


def test_json_with_comments_trailing_commas_and_a_byte_order_mark_is_read() -> None:
    file = file_of("a.json", b'\xef\xbb\xbf// x\n{"a": [1, 2,], /* y */ "b": {"c": "\\u0041",},}\n')
    (document,) = jsonc.documents(file)
    assert plain_value(document.root) == {"a": [1, 2], "b": {"c": "A"}}
    assert not document.flaw


def test_broken_json_is_read_as_far_as_it_goes_and_told() -> None:
    (document,) = jsonc.documents(file_of("a.json", '{"a": true, oops "b": 1}'))
    assert document.flaw
    assert plain_value(document.root.entries[0][1]) is True


def test_yaml_keeps_words_that_only_look_like_booleans_and_shares_anchors() -> None:
    text = "on: push\nbase: &b {x: yes, y: 0x10}\nport: 5432:5432\nuse:\n  <<: *b\n  y: 2\n---\n- é: true\n"
    first, second = yamls.documents(file_of("a.yml", text))
    assert plain_value(first.root) == {
        "on": "push",
        "base": {"x": "yes", "y": "0x10"},
        "port": "5432:5432",
        "use": {"x": "yes", "y": 2},
    }
    assert plain_value(second.root) == [{"é": True}]


def test_yaml_points_at_bytes_also_behind_wide_characters() -> None:
    file = file_of("a.yml", "é: ü\nkey: value\n")
    (document,) = yamls.documents(file)
    node = document.root.get("key")
    assert node is not None
    assert file.data[node.start : node.end] == b"value"
    assert file.data[node.key :].startswith(b"key")


def test_an_alias_bomb_stays_small_and_an_endless_one_ends() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    (document,) = yamls.documents(file_of("a.yml", "\n".join(lines)))
    assert sum(1 for _ in walk(Match(document.root), "**.nothing")) == 0
    (endless,) = yamls.documents(file_of("b.yml", "a: &a\n  b: *a\n"))
    assert plain_value(endless.root) == {"a": {"b": None}}


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yml", "[" * 50_000), ("a.json", "[" * 50_000 + "]" * 50_000), ("a.toml", "a = " + "[" * 5_000 + "]" * 5_000)],
)
def test_deep_nesting_is_refused_without_a_crash(name: str, text: str) -> None:
    with pytest.raises(Unreadable):
        READERS[name.rsplit(".", 1)[-1].replace("yml", "yaml")](file_of(name, text))


def test_toml_tables_arrays_of_tables_and_dotted_keys_are_read_with_their_place() -> None:
    text = 'a.b = 1\n[x."y.z"]\nq = """hi\nthere"""\nl = [1, {k = "v"},]\n[[t]]\nz = true\n'
    text += "[[t]]\nz = false\n[t.u]\nw = 1.5\n"
    file = file_of("a.toml", text)
    (document,) = tomls.documents(file)
    assert plain_value(document.root) == {
        "a": {"b": 1},
        "x": {"y.z": {"q": "hi\nthere", "l": [1, {"k": "v"}]}},
        "t": [{"z": True}, {"z": False, "u": {"w": 1.5}}],
    }
    assert [file.at(m.node.start).line for m in walk(Match(document.root), "t[].z")] == [7, 9]


def test_dotenv_and_ini_are_read() -> None:
    (env,) = plain.dotenv(file_of(".env", "# no\nexport A='x y'\nB = plain # note\nC=\"q#1\"\nURL=http://h/#frag\n"))
    assert plain_value(env.root) == {"A": "x y", "B": "plain", "C": "q#1", "URL": "http://h/#frag"}
    (ini,) = plain.ini(file_of("a.ini", "top=1\n; no\n[s]\nk = v\n"))
    assert plain_value(ini.root) == {"top": "1", "s": {"k": "v"}}


def test_front_matter_is_read_also_when_it_is_not_quite_yaml() -> None:
    (good,) = plain.front_matter(file_of("a.md", "---\nname: x\ntools: [A, B]\n---\nBody\n"))
    assert plain_value(good.root) == {"name": "x", "tools": ["A", "B"]}
    (loose,) = plain.front_matter(file_of("b.md", "---\ndescription: use it: always\nallowed-tools: Bash\n---\n"))
    assert plain_value(loose.root) == {"description": "use it: always", "allowed-tools": "Bash"}
    (none,) = plain.front_matter(file_of("c.md", "# Title\n"))
    assert plain_value(none.root) == {}


def test_a_dockerfile_becomes_its_stages() -> None:
    text = "ARG V=1\nFROM --platform=linux/amd64 node:22 AS b\nRUN a \\\n  # note\n  && b\n"
    text += "FROM b\nENV K=v X='y z'\nUSER n\n"
    (document,) = dockerfiles.documents(file_of("Dockerfile", text))
    stages = plain_value(document.root.entries[0][1])
    assert isinstance(stages, list)
    first, second = stages
    assert (first["from"], first["final"], first["name"]) == ("node:22", False, "b")
    assert "&& b" in first["run"][0]
    assert (second["other-stage"], second["last-user"], second["env"]) == (True, "n", {"K": "v", "X": "y z"})


def test_firebase_rules_are_read_with_their_whole_path() -> None:
    text = "service cloud.firestore {\n match /a/{b} {\n  // allow read: if true;\n"
    text += "  allow read, write: if x ==\n   1;\n }\n}"
    (document,) = firebase.documents(file_of("firestore.rules", text))
    (allow,) = document.root.entries[0][1].items
    assert plain_value(allow) == {
        "service": "cloud.firestore",
        "path": "/a/{b}",
        "methods": ["read", "write"],
        "condition": "x == 1",
        "spelled": "x == 1",
        "asks": "row",
    }


def test_firebase_conditions_are_read_through_the_rules_own_functions() -> None:
    text = """service cloud.firestore {
      match /databases/{database}/documents {
        function signedIn() { return request.auth != null; }
        function mine(uid) { let me = request.auth.uid; return signedIn() && me == uid; }
        match /a/{id} { allow update: if signedIn() && request.resource.data.size() < 5 }
        match /b/{id} {
          allow delete: if false
          allow read, write: if mine(resource.data.owner)
            || get(/databases/$(database)/documents/staff/$(request.auth.uid)).data.boss
          allow list: if resource.data.shown == true;
        }
        match /c/{id} {
          allow update: if signedIn() && request.resource.data.diff(resource.data).affectedKeys().hasOnly(['likes']);
        }
      }
    }"""
    (document,) = firebase.documents(file_of("firestore.rules", text))
    allows = [plain_value(a) for a in document.root.entries[0][1].items]
    assert [(a["path"][-7:], a["asks"]) for a in allows if isinstance(a, dict)] == [
        ("/a/{id}", "account"),
        ("/b/{id}", "never"),
        ("/b/{id}", "caller"),
        ("/b/{id}", "caller"),
        ("/c/{id}", "caller"),
    ]


def test_paths_wander_through_keys_items_and_any_depth() -> None:
    (document,) = jsonc.documents(file_of("a.json", '{"a": {"x.y": [{"k": 1}, {"k": 2}]}, "b": {"k": 3}}'))
    top = Match(document.root)
    assert [m.node.value for m in walk(top, 'a."x.y"[].k')] == [1, 2]
    assert [m.node.value for m in walk(top, "**.k")] == [1, 2, 3]
    assert [m.captured for m in walk(top, "<name>.k")] == [(("name", "b"),)]
    assert [m.node.value for m in walk(top, "b|c.k")] == [3]
    with pytest.raises(ValueError, match="empty step"):
        steps("a..b")


@pytest.mark.parametrize(
    "matcher",
    [
        {"product": "npm", "path": "a", "equal": 1},
        {"product": "npm", "path": "a[", "equals": 1},
        {"product": "npm"},
        {"product": "npm", "path": "a", "at": "somewhere"},
    ],
)
def test_a_matcher_that_cannot_be_understood_is_refused(matcher: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"config|path"):
        compiled(matcher)


def test_every_config_rule_names_known_products_and_parts() -> None:
    for rule in load().of("config"):
        for query in compiled(rule.matchers["config"]):
            for product in query.products:
                assert product == "mcp" or product in PRODUCTS, rule.id
            known = {f.part for p in query.products if p != "mcp" for f in PRODUCTS[p].files}
            assert set(query.parts) <= known, rule.id
            assert query.products or query.files, rule.id


@pytest.mark.parametrize(
    ("command", "args", "package"),
    [
        ("npx", ["-y", "a-mcp"], "a-mcp"),
        ("npx", ["-y", "@s/a@latest"], "@s/a@latest"),
        ("npx.cmd", ["--yes", "--package=a@^1", "run-a"], "a@^1"),
        ("/usr/bin/env", ["K=v", "bunx", "a@1"], "a@1"),
        ("sh", ["-c", "npx -y a-mcp --port 1"], "a-mcp"),
        ("uvx", ["--python", "3.12", "a-mcp"], "a-mcp"),
        ("uv", ["tool", "run", "a-mcp>=1"], "a-mcp>=1"),
        ("pnpm", ["dlx", "a"], "a"),
        ("npx", ["-y", "@s/a@1.2.3"], None),
        ("npx", ["-y", "a@1.2.3-beta.1", "--flag", "b"], None),
        ("uvx", ["a-mcp@1.2"], None),
        ("uvx", ["--from", "a[x]==1.2.3", "a"], None),
        ("npx", ["./tools/server.js"], None),
        ("npx", ["-y", "a@${VERSION}"], None),
        ("node", ["server.js"], None),
    ],
)
def test_a_package_without_an_exact_version_is_told(command: str, args: list[str], package: str | None) -> None:
    (document,) = jsonc.documents(file_of("a.json", json.dumps({"command": command, "args": args})))
    reasons = unpinned_package(Match(document.root), document)
    assert [r[0] for r in reasons] == ([package] if package else [])


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("API_KEY", "9fK2mQ81zX7bV4nT", True),
        ("DATABASE_URL", "postgres://app:9fK2mQ81@db.example-host.net/app", True),
        ("Authorization", "Bearer 9fK2mQ81zX7bV4nT", True),
        ("DATABASE_URL", "postgres://postgres:postgres@localhost/app", False),
        ("ACCESS_TOKEN", "abc_" + "3c20f3" * 6, True),
        ("ACCESS_TOKEN", "MY_ACCESS_TOKEN", False),
        ("API_KEY", "${API_KEY}", False),
        ("API_KEY", "your-api-key", False),
        ("API_KEY", "<token>", False),
        ("NEXT_PUBLIC_API_KEY", "9fK2mQ81zX7bV4nT", False),
        ("SUPABASE_ANON_KEY", "9fK2mQ81zX7bV4nT", False),
        ("MAX_OUTPUT_TOKENS", "3200000000", False),
        ("TOKEN_URL", "https://auth.example-host.net/token", False),
        ("NODE_ENV", "production", False),
    ],
)
def test_a_secret_is_told_from_what_only_has_its_name(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret


def test_a_file_that_cannot_be_read_makes_the_outcome_partial(tmp_path: Path) -> None:
    outcome = audit(tmp_path, {".mcp.json": "{{{", ".claude/settings.json": '{"enableAllProjectMcpServers": true}'})
    assert outcome.status is Status.PARTIAL
    assert [item.what for item in outcome.covered.left_out] == [".mcp.json"]
    assert {f.rule_id for f in outcome.findings} == {"agent-all-mcp-servers"}


def test_the_value_itself_is_flagged_in_the_middle_of_a_file(tmp_path: Path) -> None:
    text = '{\r\n  "permissions": {\r\n    "allow": ["Read(./src)", "Bash(*)"]\r\n  }\r\n}\r\n'
    outcome = audit(tmp_path, {".claude/settings.json": text}, "agent-any-shell-command")
    (finding,) = outcome.findings
    at = finding.primary
    assert (at.line, at.end_line) == (3, 3)
    assert text.split("\r\n")[2][at.column - 1 : at.end_column - 1] == '"Bash(*)"'


def test_a_secret_never_stands_in_a_finding(tmp_path: Path) -> None:
    secret = "q7" + "Zk2LmX9" * 4
    mcp = {"mcpServers": {"a": {"command": "x", "args": ["--token", secret], "env": {"API_KEY": secret}}}}
    outcome = audit(tmp_path, {".mcp.json": json.dumps(mcp, indent=1)}, "mcp-secret-in-config")
    assert len(outcome.findings) == 2
    assert secret not in repr(outcome)


def test_local_settings_win_and_what_is_denied_is_not_told(tmp_path: Path) -> None:
    outcome = audit(
        tmp_path,
        {
            ".claude/settings.json": '{"permissions": {"defaultMode": "bypassPermissions",'
            ' "allow": ["Bash(curl -s *)"]}}',
            ".claude/settings.local.json": '{"permissions": {"defaultMode": "plan", "deny": ["Bash(curl:*)"]}}',
            "other/.claude/settings.json": '{"permissions": {"allow": ["Bash(curl *)"], "deny": ["Read(.env)"]}}',
        },
        "agent-permissions-bypassed",
        "agent-network-command-allowed",
    )
    assert [str(f.primary.path) for f in outcome.findings] == ["other/.claude/settings.json"]


def test_hostile_files_end_in_an_outcome(tmp_path: Path) -> None:
    junk: dict[str, str | bytes] = {
        ".mcp.json": b"\x00\xff\xfe{",
        ".vscode/settings.json": "[" * 3000,
        ".github/workflows/a.yml": "a: \x07",
        ".github/workflows/b.yml": "on: {a: *missing}",
        ".github/workflows/c.yml": "- just\n- a list\n",
        ".codex/config.toml": "a = 1\na = 2\n",
        "Dockerfile": b"FROM \xff\nENV \\\n" * 50,
        "firestore.rules": "match /" + "{" * 5000 + "allow read: if " * 500,
        "docker-compose.yml": "services: [1, {ports: 3}]",
        "CLAUDE.md": "---\n" + "a: [" * 400,
        "package.json": '{"scripts": "none"}',
    }
    outcome = audit(tmp_path, junk)
    assert outcome.status is Status.PARTIAL
    assert outcome == audit(tmp_path, junk)


def test_agent_files_are_found_below_any_folder_and_sorted(tmp_path: Path) -> None:
    names = ["web/.cursor/rules/a/b.mdc", ".mcp.json", "CLAUDE.md", "src/claude.py", ".github/copilot-instructions.md"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    traces = agent_files(snapshot_of(tmp_path, Config()))
    assert {(t.name, str(t.evidence.path)) for t in traces} == {
        ("claude-code", ".mcp.json"),
        ("claude-code", "CLAUDE.md"),
        ("cursor", "web/.cursor/rules/a/b.mdc"),
        ("vscode", ".github/copilot-instructions.md"),
    }
    assert list(traces) == sorted(traces)


def test_every_agent_product_has_its_own_name_and_a_reader_for_each_format() -> None:
    assert len({p.name for p in AGENTS}) == len(AGENTS)
    for product in PRODUCTS.values():
        for entry in product.files:
            assert entry.format in READERS or entry.format == "text"


def test_documents_compare_by_identity() -> None:
    file = file_of("a.json", "{}")
    assert Document(file, Node("mapping")) != Document(file, Node("mapping"))
