"""Where data goes: from named sources, through functions and files, to named sinks."""

from __future__ import annotations

from vibeaudit.model import AppModel, Flow, Flows, LeftOut, Snapshot
from vibeaudit.rules import RuleBook
from vibeaudit.source.testing import is_test

MAX_FILE_BYTES = 400_000
# Of code that is held lowered at once: each byte of it takes some 40 of memory.
APP_BYTES = 60_000_000
FOLLOWED = ("python", "javascript", "typescript", "tsx")


def trace(snapshot: Snapshot, app: AppModel, rules: RuleBook, app_bytes: int = APP_BYTES) -> Flows:
    """The flows between the sources and sinks that rulesets/flow/ names; none when no rule asks. Tests are left aside:
    they call what they test with all sorts of things. `app_bytes` of code are followed; what is beyond is named."""
    if not rules.of("flow"):
        return Flows()
    from vibeaudit.flow.engine import Engine
    from vibeaudit.flow.open_ends import open_ends
    from vibeaudit.flow.program import Program
    from vibeaudit.flow.python_form import lower_python
    from vibeaudit.flow.script_form import lower_script

    modules, left_out, held = [], [], 0
    for file in (f for f in snapshot.of(*FOLLOWED) if not is_test(str(f.path))):
        if len(file.data) > MAX_FILE_BYTES:
            left_out.append(LeftOut(str(file.path), f"larger than {MAX_FILE_BYTES // 1000} kB"))
            continue
        if held + len(file.data) > app_bytes:
            left_out.append(LeftOut(str(file.path), f"beyond the {app_bytes:,} bytes of code that data flow holds"))
            continue
        held += len(file.data)
        try:
            modules.append(lower_python(file) if file.language == "python" else lower_script(file))
        except (RecursionError, IndexError, ValueError) as error:
            left_out.append(LeftOut(str(file.path), f"could not be read: {type(error).__name__}"))
    engine = Engine(Program(modules), app)
    flows, unfinished = engine.run()
    kept = tuple(f for f in flows if _on_server(f, app))
    return Flows(kept, open_ends(engine.program.modules, engine.summaries), len(modules), (*left_out, *unfinished))


def _on_server(flow: Flow, app: AppModel) -> bool:
    """A caller's request is only ever read on the server."""
    return flow.source != "request" or str(flow.steps[0].path) not in app.client_files
