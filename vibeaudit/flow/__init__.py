"""Where data goes: from named sources, through functions and files, to named sinks."""

from __future__ import annotations

from vibeaudit.model import AppModel, Flows, LeftOut, Snapshot
from vibeaudit.rules import RuleBook

SECONDS = 60.0  # for a whole app
MAX_FILE_BYTES = 400_000
_SCRIPTS = ("javascript", "typescript", "tsx")


def trace(snapshot: Snapshot, app: AppModel, rules: RuleBook) -> Flows:
    """The flows between the sources and sinks that rulesets/flow/ names; none when no rule asks."""
    if not rules.of("flow"):
        return Flows()
    from vibeaudit.flow.engine import Engine
    from vibeaudit.flow.program import Program
    from vibeaudit.flow.python_form import lower_python
    from vibeaudit.flow.script_form import lower_script

    modules, left_out = [], []
    for file in snapshot.of("python", *_SCRIPTS):
        if len(file.data) > MAX_FILE_BYTES:
            left_out.append(LeftOut(str(file.path), f"larger than {MAX_FILE_BYTES // 1000} kB"))
            continue
        try:
            modules.append(lower_python(file) if file.language == "python" else lower_script(file))
        except (RecursionError, IndexError, ValueError) as error:
            left_out.append(LeftOut(str(file.path), f"could not be read: {type(error).__name__}"))
    handlers = frozenset((str(r.location.path), r.location.line) for r in app.routes)
    flows, unfinished = Engine(Program(modules), handlers, SECONDS).run()
    return Flows(flows, len(modules), (*left_out, *unfinished))
