"""Packages, from manifests and lockfiles of every format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import LeftOut, Package
from vibeaudit.survey.packages import packages

Told = set[tuple[str, str, str]]
MANIFEST = '{"dependencies": {"express": "^4.18.0"},\n "devDependencies": {"@types/node": "^20.0.0"}}'


def read(root: Path, files: dict[str, str | bytes]) -> tuple[tuple[Package, ...], tuple[LeftOut, ...]]:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return packages(snapshot_of(root, Config()))


def told(found: tuple[Package, ...]) -> Told:
    """Name, version (or range) and where."""
    return {(p.name, p.version or p.spec, f"{p.location.path}:{p.location.line}") for p in found}


NPM_V1 = """{
  "lockfileVersion": 1,
  "dependencies": {
    "@types/node": {"version": "20.1.0", "dev": true},
    "express": {
      "version": "4.18.2",
      "dependencies": {
        "qs": {"version": "6.11.0"}
      }
    }
  }
}"""
NPM_V3 = """{
  "lockfileVersion": 3,
  "packages": {
    "": {"name": "a"},
    "node_modules/@types/node": {"version": "20.1.0", "dev": true},
    "node_modules/express": {"version": "4.18.2"},


    "node_modules/express/node_modules/qs": {"version": "6.11.0"}
  }
}"""
PNPM_5 = """lockfileVersion: 5.4
specifiers: {express: ^4.18.0}
dependencies:
  express: 4.18.2
devDependencies:
  '@types/node': 20.1.0
packages:
  /@types/node/20.1.0: {resolution: {integrity: x}, dev: true}
  /qs/6.11.0: {resolution: {integrity: x}, dev: false}
  /express/4.18.2_supports-color@9.0.0: {resolution: {integrity: x}, dev: false}
"""
PNPM_6 = """lockfileVersion: '6.0'
dependencies:
  express: {specifier: ^4.18.0, version: 4.18.2(x@1.0.0)}
devDependencies:
  '@types/node': {specifier: ^20.0.0, version: 20.1.0}
packages:
  /@types/node@20.1.0: {resolution: {integrity: x}, dev: true}

  /qs@6.11.0: {resolution: {integrity: x}, dev: false}
  /express@4.18.2(x@1.0.0): {resolution: {integrity: x}, dev: false}
"""
PNPM_9 = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      express: {specifier: ^4.18.0, version: 4.18.2(x@1.0.0)}
    devDependencies:
      '@types/node': {specifier: ^20.0.0, version: 20.1.0}
packages:
  '@types/node@20.1.0': {resolution: {integrity: x}}
  qs@6.11.0: {resolution: {integrity: x}}
  express@4.18.2: {resolution: {integrity: x}}
snapshots:
  express@4.18.2(x@1.0.0): {}
"""
YARN_1 = """# yarn lockfile v1


"@types/node@*", "@types/node@^20.0.0":
  version "20.1.0"
  resolved "https://packages.example/x"

qs@6.11.0:
  version "6.11.0"

express@^4.18.0:
  version "4.18.2"
"""
YARN_BERRY = """__metadata:
  version: 8

"@types/node@npm:^20.0.0":
  version: 20.1.0
  resolution: "@types/node@npm:20.1.0"

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."

"qs@npm:6.11.0":
  version: 6.11.0
  resolution: "qs@npm:6.11.0"
"express@npm:^4.18.0":
  version: 4.18.2
  resolution: "express@npm:4.18.2"
"""
BUN = """{
  "lockfileVersion": 1,
  "workspaces": {"": {"name": "a", "dependencies": {"express": "^4.18.0"},},},
  // a comment
  "packages": {
    "@types/node": ["@types/node@20.1.0", "", {}, "sha512-x"],
    "express": ["express@4.18.2", "", {"dependencies": {"qs": "6.11.0"}}, "sha512-x"],
    "express/qs": ["qs@6.11.0", "", {}, "sha512-x"],
  },
}"""


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("package-lock.json", NPM_V1, 8),
        ("npm-shrinkwrap.json", NPM_V1, 8),
        ("package-lock.json", NPM_V3, 9),
        ("pnpm-lock.yaml", PNPM_5, 9),
        ("pnpm-lock.yaml", PNPM_6, 9),
        ("pnpm-lock.yaml", PNPM_9, 10),
        ("yarn.lock", YARN_1, 8),
        ("yarn.lock", YARN_BERRY, 12),
        ("bun.lock", BUN, 8),
    ],
    ids=["npm1", "shrinkwrap", "npm3", "pnpm5", "pnpm6", "pnpm9", "yarn1", "berry", "bun"],
)
def test_a_direct_package_stands_in_the_manifest_and_others_in_the_lockfile(
    name: str, content: str, line: int, tmp_path: Path
) -> None:
    found, left_out = read(tmp_path, {"package.json": MANIFEST, name: content})
    assert told(found) == {
        ("express", "4.18.2", "package.json:1"),
        ("@types/node", "20.1.0", "package.json:2"),
        ("qs", "6.11.0", f"{name}:{line}"),
    }
    assert {p.name: (p.direct, p.dev, p.locked) for p in found} == {
        "express": (True, False, True),
        "@types/node": (True, True, True),
        "qs": (False, False, True),
    }
    assert left_out == ()


def test_workspaces_share_the_lockfile_above_them(tmp_path: Path) -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"workspaces": ["web"]},
            "web": {"name": "web"},
            "node_modules/web": {"link": True, "resolved": "web"},
            "node_modules/zod": {"version": "3.0.0"},
            "web/node_modules/zod": {"version": "4.0.0"},
        },
    }
    manifest = '{"dependencies": {"zod": ">=3"}}'
    files = {"package.json": manifest, "web/package.json": manifest, "tools/package.json": manifest}
    found, _ = read(tmp_path, {**files, "package-lock.json": json.dumps(lock)})
    assert told(found) == {
        ("zod", "3.0.0", "package.json:1"),
        ("zod", "4.0.0", "web/package.json:1"),
        ("zod", ">=3", "tools/package.json:1"),  # no workspace: the lockfile above is not its own
    }


def test_requirements_hold_pins_ranges_markers_extras_hashes_urls_and_includes(tmp_path: Path) -> None:
    text = (
        "# a comment\n"
        "Flask_SQLAlchemy[async]==3.1.1 ; python_version > '3.8'  # why\n"
        "requests>=2,<3\n"
        "django==4.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "git+https://git.example.com/a/tool.git@v1#egg=tool\n"
        "-r more/base.txt\n"
        "-r ../../etc/passwd\n"
        "-e .\n"
        "./vendored\n"
        "--index-url https://packages.example/simple\n"
        "numpy===1.26.4\n"
        "old==2004d\n"
    )
    found, left_out = read(tmp_path, {"requirements.txt": text, "more/base.txt": "six==1.16.0\n"})
    assert told(found) == {
        ("flask-sqlalchemy", "3.1.1", "requirements.txt:2"),
        ("requests", "<3,>=2", "requirements.txt:3"),
        ("django", "4.2", "requirements.txt:4"),
        ("tool", "git+https://git.example.com/a/tool.git@v1#egg=tool", "requirements.txt:7"),
        ("numpy", "1.26.4", "requirements.txt:13"),
        ("old", "2004d", "requirements.txt:14"),
        ("six", "1.16.0", "more/base.txt:1"),
    }
    assert [o.why for o in left_out] == ["the included file is not in the repository"]


PYPROJECT = """[project]
dependencies = [
  "httpx>=0.27",
]
[project.optional-dependencies]
pdf = ["reportlab==4.0"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.12"
rich = "^13"
own = {path = "../own"}
fork = {git = "https://git.example.com/a/fork.git", rev = "abc1234"}
"""


def test_pyproject_is_read_in_all_its_dialects(tmp_path: Path) -> None:
    found, _ = read(tmp_path, {"pyproject.toml": PYPROJECT})
    assert told(found) == {
        ("httpx", ">=0.27", "pyproject.toml:3"),
        ("reportlab", "4.0", "pyproject.toml:6"),
        ("pytest", ">=8", "pyproject.toml:8"),
        ("rich", "^13", "pyproject.toml:11"),
        ("fork", "git+https://git.example.com/a/fork.git@abc1234", "pyproject.toml:13"),
    }
    assert {p.name for p in found if p.dev} == {"pytest"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "uv.lock",
            '[[package]]\nname = "httpx"\nversion = "0.27.2"\nsource = {registry = "https://packages.example"}\n',
        ),
        ("poetry.lock", '[[package]]\nname = "httpx"\nversion = "0.27.2"\ngroups = ["main"]\n'),
        ("pdm.lock", '[[package]]\nname = "httpx"\nversion = "0.27.2"\ngroups = ["default"]\n'),
        ("pylock.toml", '[[packages]]\nname = "httpx"\nversion = "0.27.2"\n'),
    ],
)
def test_python_lockfiles_pin_what_pyproject_asks_for(name: str, content: str, tmp_path: Path) -> None:
    content += "\n[[package" + ("s" if name == "pylock.toml" else "") + ']]\nname = "anyio"\nversion = "4.0.0"\n'
    found, _ = read(tmp_path, {"pyproject.toml": '[project]\ndependencies = [\n"httpx>=0.27"]\n', name: content})
    anyio = content.splitlines().index('name = "anyio"') + 1
    assert told(found) == {("httpx", "0.27.2", "pyproject.toml:3"), ("anyio", "4.0.0", f"{name}:{anyio}")}


def test_pipenv_setuptools_and_conda_are_read_and_nothing_runs(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a/Pipfile": '[packages]\nrequests = "*"\n[dev-packages]\nblack = "==24.1.0"\n',
        "a/Pipfile.lock": '{"default": {"requests": {"version": "==2.31.0"}},'
        '"develop": {"black": {"version": "==24.1.0"}}}',
        "b/setup.py": "from setuptools import setup\nNEED = [\n  'six==1.16.0',\n]\nopen('/tmp/ran', 'w')\n"
        "setup(install_requires=NEED, extras_require={'x': ['attrs>=20'], 'y': read('y')})\n",
        "c/setup.cfg": "[options]\ninstall_requires =\n    toml==0.10.2\n",
        "d/environment.yml": "dependencies:\n  - numpy=1.26\n  - pip:\n    - tqdm==4.66.0\n",
    }
    found, left_out = read(tmp_path, files)
    assert told(found) == {
        ("requests", "2.31.0", "a/Pipfile:2"),
        ("black", "24.1.0", "a/Pipfile:4"),
        ("six", "1.16.0", "b/setup.py:3"),
        ("attrs", ">=20", "b/setup.py:6"),
        ("toml", "0.10.2", "c/setup.cfg:3"),
        ("tqdm", "4.66.0", "d/environment.yml:4"),
    }
    assert sorted(o.what for o in left_out) == ["b/setup.py:6", "d/environment.yml"]


DEEP = 100_000
HOSTILE: dict[str, tuple[str, str | bytes]] = {
    "not json": ("package.json", "{"),
    "a list": ("package-lock.json", "[]"),
    "wrong types": (
        "package-lock.json",
        '{"packages": {"node_modules/a": 7, "node_modules/b": {"version": [1]}, "": 1}}',
    ),
    "wrong sections": ("package.json", '{"dependencies": ["a"], "devDependencies": {"b": {"c": 1}}, "workspaces": 3}'),
    "deep json": ("package-lock.json", '{"dependencies":' + '{"a":' * DEEP + "1" + "}" * DEEP + "}"),
    "deep arrays": ("bun.lock", "[" * DEEP),
    "deep toml": ("uv.lock", "a = " + "[" * DEEP),
    "deep yaml flow": ("pnpm-lock.yaml", "a: " + "[" * DEEP),
    "deep yaml spaced": ("pnpm-lock.yaml", "a: " + "[ " * DEEP),
    "deep yaml block": ("pnpm-lock.yaml", "\n".join(" " * i + "a:" for i in range(3000))),
    "yaml bomb": ("pnpm-lock.yaml", "a: &a [x]\n" + "\n".join(f"{k}: &{k} [*a,*a,*a,*a]" for k in "bcdefg")),
    "yaml tags": ("yarn.lock", "__metadata:\n  x: !!python/object/apply:os.system ['true']\n"),
    "deep python": ("setup.py", "(" * DEEP),
    "nul python": ("setup.py", b"\x00\xff\xfe"),
    "binary": ("yarn.lock", bytes(range(256)) * 50),
    "poetry types": ("poetry.lock", 'package = [1, {name = 3}, {name = "a", version = []}]\n'),
    "pyproject types": ("pyproject.toml", "[project]\ndependencies = 3\n[tool]\npoetry = 4\nuv = []\n"),
    "pipfile types": ("Pipfile.lock", '{"default": {"a": [], "b": {"version": 3}}, "develop": []}'),
    "odd requirements": ("requirements.txt", "===\n@@@\n-r\n" + "a" * 30_000 + "\n" + "x==" + "1" * 5000 + "\n"),
    "endless continuation": ("requirements.txt", "a \\\n" * 20_000),
    "include loop": ("requirements.txt", "-r requirements.txt\n"),
    "conda types": ("environment.yml", "dependencies: {a: b}\n"),
    "odd setup.cfg": ("setup.cfg", "no section\n"),
}


LONG = 300_000
SLOW: dict[str, tuple[str, str]] = {
    "open comments": ("bun.lock", "/*" * LONG),
    "escaped quotes": ("bun.lock", '"' + '\\"' * LONG),
    "escaped quotes in json": ("package-lock.json", '"' + '\\"' * LONG),
    "commas": ("bun.lock", "," * LONG),
    "many in pyproject": ("pyproject.toml", "[project]\ndependencies = [\n" + '"a>1",\n' * 40_000 + "]\n"),
    "many in setup.cfg": ("setup.cfg", "[options]\ninstall_requires =\n" + "    a>1\n" * 40_000),
    "many quotes": ("yarn.lock", '"a@' * LONG),
}


@pytest.mark.parametrize("name", sorted(SLOW))
def test_long_hostile_files_take_no_more_than_linear_time(name: str, tmp_path: Path) -> None:
    path, content = SLOW[name]
    started = time.process_time()
    read(tmp_path, {path: content})
    assert time.process_time() - started < 8  # quadratic would be minutes


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_cost_themselves_only(name: str, tmp_path: Path) -> None:
    path, content = HOSTILE[name]
    found, left_out = read(tmp_path, {f"bad/{path}": content, "good/requirements.txt": "flask==3.0.0\n"})
    assert ("flask", "3.0.0", "good/requirements.txt:1") in told(found)
    assert all(len(o.why) < 300 for o in left_out)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "yarn.lock",
            '# yarn lockfile v1\n\n\na@1.0.0:\n  version "1.0.0"\n  dependencies:\n    b "^1.0.0"\n\n'
            'b@^1.0.0:\n  version "1.0.0"\n\nt@1.0.0:\n  version "1.0.0"\n  dependencies:\n    u "1.0.0"\n\n'
            'u@1.0.0:\n  version "1.0.0"\n',
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {version: 1.0.0}\n"
            "    devDependencies:\n      t: {version: 1.0.0}\n"
            "packages:\n  a@1.0.0: {}\n  b@1.0.0: {}\n  t@1.0.0: {}\n  u@1.0.0: {}\n"
            "snapshots:\n  a@1.0.0: {dependencies: {b: 1.0.0}}\n  t@1.0.0: {dependencies: {u: 1.0.0}}\n",
        ),
        (
            "bun.lock",
            '{"packages": {"a": ["a@1.0.0", "", {"dependencies": {"b": "1"}}, ""], "b": ["b@1.0.0", "", {}, ""],'
            '"t": ["t@1.0.0", "", {"dependencies": {"u": "1"}}, ""], "u": ["u@1.0.0", "", {}, ""]}}',
        ),
    ],
)
def test_what_only_development_reaches_is_for_development(name: str, content: str, tmp_path: Path) -> None:
    manifest = '{"dependencies": {"a": "1.0.0"}, "devDependencies": {"t": "1.0.0"}}'
    found, _ = read(tmp_path, {"package.json": manifest, name: content})
    assert {p.name: p.dev for p in found} == {"a": False, "b": False, "t": True, "u": True}


def test_what_is_not_assessed_is_said(tmp_path: Path) -> None:
    _, left_out = read(tmp_path, {"go.mod": "module x\n", "bun.lockb": b"\x00", "package.json": "{"})
    assert [(o.what, o.why.split(":")[0]) for o in left_out] == [
        ("bun.lockb", "its packages are not assessed"),
        ("go.mod", "Go packages are not assessed"),
        ("package.json", "not valid JSON"),
    ]


def test_an_alias_is_what_it_installs_and_own_code_is_no_package(tmp_path: Path) -> None:
    text = '{"dependencies": {"a": "npm:real@1.0.0", "b": "workspace:*", "c": "file:../c", "d": "1.2.3"}}'
    found, _ = read(tmp_path, {"package.json": text})
    assert {(p.name, p.version) for p in found} == {("real", "1.0.0"), ("d", "1.2.3")}


def test_two_lockfiles_of_one_manifest_come_in_one_order(tmp_path: Path) -> None:
    """Packages are gathered in a set, whose order hangs on the run."""
    lock = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/left": {"version": "1.2.3"}}}
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"left": "1.2.3"}}), "utf-8")
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    (tmp_path / "yarn.lock").write_text('# yarn lockfile v1\n\nleft@1.2.3:\n  version "1.2.3"\n', "utf-8")
    asked = (
        "import sys; from pathlib import Path; from vibeaudit.acquire.folder import snapshot_of; from vibeaudit.config"
    )
    asked += " import Config; from vibeaudit.survey.packages import combined, read_all; import tempfile;"
    asked += " s = snapshot_of(Path(sys.argv[1]), Config(), origin='x', room=Path(tempfile.mkdtemp()));"
    asked += " print([str(p.locked_at) for p in combined(read_all(s)[0])])"
    said = {
        subprocess.run(
            [sys.executable, "-c", asked, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3, 4)
    }
    assert len(said) == 1
    assert "yarn.lock" in said.pop()
