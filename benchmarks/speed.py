"""How long an audit takes, beside plain semgrep with the same semgrep rules, on generated apps.

python benchmarks/speed.py [FILES ...]      default: 50 500 3000
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibeaudit.analyzers.semgrep_rules import matchers, rules_file
from vibeaudit.rules import load

SIZES = (50, 500, 3000)
_SCRIPTS = Path(sys.executable).parent

_PYTHON = '''"""Orders, part {n}."""

import sqlite3

from flask import Blueprint, abort, jsonify, request, session

orders_{n} = Blueprint("orders_{n}", __name__)


def connection():
    return sqlite3.connect("shop.db")


def signed_in():
    if "user" not in session:
        abort(401)
    return session["user"]
'''
_PYTHON_PART = """

@orders_{n}.get("/orders/{n}/{k}/<int:number>")
def show_order_{k}(number):
    user = signed_in()
    row = connection().execute("SELECT id, total FROM orders WHERE id = ? AND owner = ?", (number, user)).fetchone()
    if row is None:
        abort(404)
    return jsonify(id=row[0], total=row[1])


@orders_{n}.post("/orders/{n}/{k}")
def add_order_{k}():
    user = signed_in()
    lines = request.get_json()["lines"]
    total = sum(line["price"] * line["count"] for line in lines if line["count"] > {k})
    db = connection()
    db.execute("INSERT INTO orders (owner, total) VALUES (?, ?)", (user, total))
    db.commit()
    return jsonify(total=total), 201
"""
_SCRIPT = """import {{ useEffect, useState }} from "react";
import {{ supabase }} from "@/lib/client";
import {{ previous }} from "./panel{before}";

export const label = "panel {n}";
"""
_SCRIPT_PART = """
type Row{k} = {{ id: number; name: string; total: number }};

export async function load{k}(owner: string): Promise<Row{k}[]> {{
  const {{ data, error }} = await supabase.from("rows_{k}").select("id, name, total").eq("owner", owner);
  if (error) throw new Error(error.message);
  return (data ?? []).filter((row: Row{k}) => row.total > {k});
}}

export function Panel{k}({{ owner }}: {{ owner: string }}) {{
  const [rows, setRows] = useState<Row{k}[]>([]);
  useEffect(() => {{
    load{k}(owner).then(setRows);
  }}, [owner]);
  return (
    <ul title={{previous}}>
      {{rows.map((row) => (
        <li key={{row.id}}>{{row.name}}: {{row.total.toFixed(2)}}</li>
      ))}}
    </ul>
  );
}}
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall seconds, and the peak memory of the largest process in MB."""

    seconds: float
    peak: float


def main(arguments: list[str]) -> None:
    """Print the table."""
    print("| files | MB | run | vibeaudit s | semgrep s | ratio | peak MB | seconds by check |")
    print("|--:|--:|---|--:|--:|--:|--:|---|")
    for files in map(int, arguments or map(str, SIZES)):
        with tempfile.TemporaryDirectory(prefix="vibeaudit-speed-") as room:
            _measure(files, Path(room))


def generate(app: Path, files: int) -> int:
    """Write an app of so many files, the same each time: half Python, half TypeScript. Its size in bytes."""
    written = 0
    for n in range(files):
        if n % 2:
            path, head, part = app / f"api/orders{n}.py", _PYTHON, _PYTHON_PART
        else:
            path, head, part = app / f"src/panel{n}.tsx", _SCRIPT, _SCRIPT_PART
        parts = (part.format(n=n, k=k) for k in range(1 + n % 7))
        text = head.format(n=n, before=max(0, n - 2)) + "".join(parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        written += path.write_bytes(text.encode())
    return written


def _measure(files: int, room: Path) -> None:
    app, rules, out = room / "app", room / "rules.json", room / "report"
    size = generate(app, files)
    rules.write_text(json.dumps(rules_file(matchers(load()))), "utf-8")
    audit = [str(_SCRIPTS / "vibeaudit"), "audit", str(app), "--llm", "off", "--offline", "--quiet", "--out", str(out)]
    plain = [str(_SCRIPTS / "semgrep"), "scan", "--experimental", "--config", str(rules), "--json", "--quiet"]
    plain += ["--metrics=off", "--disable-version-check", str(app)]
    for run in ("first", "second"):
        base, ours = _timed(plain, room), _timed(audit, room)
        ledger: dict[str, Any] = json.loads((out / "ledger.json").read_text("utf-8"))
        checks = sorted(((o["seconds"], o["analyzer"]) for o in ledger["outcomes"]), reverse=True)
        told = ", ".join(f"{name} {seconds:.1f}" for seconds, name in checks if seconds >= 0.1)
        row = (files, f"{size / 1e6:.2f}", run, f"{ours.seconds:.1f}", f"{base.seconds:.1f}")
        ratio = f"{ours.seconds / base.seconds:.2f}"
        print(f"| {' | '.join(map(str, row))} | {ratio} | {ours.peak:.0f} | {told} |", flush=True)


def _timed(command: list[str], room: Path) -> Timing:
    """Run to the end. Exits when the program failed: a failed run has no time."""
    started = time.monotonic()
    child = subprocess.Popen(command, cwd=room, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    told = child.stderr.read() if child.stderr else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}: {told[-500:]}")
    return Timing(time.monotonic() - started, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1:])
