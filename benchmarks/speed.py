"""How long an audit takes, cold and warm, beside plain semgrep with the same semgrep rules in the same run.

python benchmarks/speed.py [FILES | FOLDER ...]      default: generated apps of 50, 300 and 3000 files
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibeaudit.analyzers.semgrep_rules import matchers, rules_file
from vibeaudit.rules import load

SIZES = (50, 300, 3000)
SAMPLED = 0.2  # seconds between two looks at the memory
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
    """Wall and processor seconds, and the most memory that all its processes held at once, in MB."""

    seconds: float
    cpu: float
    peak: float


def main(arguments: list[str]) -> None:
    """Print the table."""
    print("| app | files | MB | run | vibeaudit s | CPU s | peak MB | semgrep s | CPU s | ratio | seconds by check |")
    print("|---|--:|--:|---|--:|--:|--:|--:|--:|--:|---|")
    for wanted in arguments or map(str, SIZES):
        with tempfile.TemporaryDirectory(prefix="vibeaudit-speed-") as folder:
            room = Path(folder)
            app = room / "app" if wanted.isdigit() else Path(wanted).resolve()
            if wanted.isdigit():
                generate(app, int(wanted))
            _measure("generated" if wanted.isdigit() else app.name, app, room)


def generate(app: Path, files: int) -> None:
    """Write an app of so many files, the same each time: half Python, half TypeScript, 6 kB a file."""
    for n in range(files):
        if n % 2:
            path, head, part = app / f"api/part{n // 60}/orders{n}.py", _PYTHON, _PYTHON_PART
        else:
            path, head, part = app / f"src/part{n // 60}/panel{n}.tsx", _SCRIPT, _SCRIPT_PART
        parts = (part.format(n=n, k=k) for k in range(4 + n % 9))
        text = head.format(n=n, before=max(0, n - 2)) + "".join(parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _measure(name: str, app: Path, room: Path) -> None:
    rules, out = room / "rules.json", room / "report"
    files = [f for f in app.rglob("*") if f.is_file() and ".git" not in f.parts and "node_modules" not in f.parts]
    size = sum(f.stat().st_size for f in files)
    rules.write_text(json.dumps(rules_file(matchers(load()))), "utf-8")
    audit = [str(_SCRIPTS / "vibeaudit"), "audit", str(app), "--llm", "off", "--offline", "--quiet", "--out", str(out)]
    plain = [str(_SCRIPTS / "semgrep"), "scan", "--experimental", "--config", str(rules), "--json", "--quiet"]
    plain += ["--metrics=off", "--disable-version-check", str(app)]
    base = _timed(plain, room)
    for run in ("cold", "warm"):
        ours = _timed(audit, room)
        ledger: dict[str, Any] = json.loads((out / "ledger.json").read_text("utf-8"))
        checks = sorted(((o["seconds"], o["analyzer"]) for o in ledger["outcomes"]), reverse=True)
        told = ", ".join(f"{check} {seconds:.1f}" for seconds, check in checks if seconds >= 0.1)
        row = [name, f"{len(files)}", f"{size / 1e6:.1f}", run, f"{ours.seconds:.1f}", f"{ours.cpu:.1f}"]
        row += [f"{ours.peak:.0f}", f"{base.seconds:.1f}", f"{base.cpu:.1f}", f"{ours.cpu / base.cpu:.2f}", told]
        print(f"| {' | '.join(row)} |", flush=True)


def _timed(command: list[str], room: Path) -> Timing:
    """Run to the end, with a cache of its own in `room`. Exits when the program failed: a failed run has no time."""
    started, over = time.monotonic(), threading.Event()
    where = {**os.environ, "VIBEAUDIT_CACHE": str(room / "cache")}
    child = subprocess.Popen(command, cwd=room, env=where, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = [0.0]
    watch = threading.Thread(target=lambda: _watch(child.pid, peak, over))
    watch.start()
    told = child.stderr.read() if child.stderr else ""
    _, status, usage = os.wait4(child.pid, 0)
    over.set()
    watch.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}: {told[-500:]}")
    seconds = time.monotonic() - started
    return Timing(seconds, usage.ru_utime + usage.ru_stime, max(peak[0], usage.ru_maxrss / 1024))


def _watch(top: int, peak: list[float], over: threading.Event) -> None:
    """What this process and those below it hold, added up; pages that they share count for each."""
    while not over.wait(SAMPLED):
        below, held = defaultdict(list), {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                words = entry.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            below[int(words[1])].append(int(entry.parent.name))
            held[int(entry.parent.name)] = int(words[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        total, todo = 0.0, [top]
        while todo:
            process = todo.pop()
            total += held.get(process, 0.0)
            todo += below[process]
        peak[0] = max(peak[0], total)


if __name__ == "__main__":
    main(sys.argv[1:])
