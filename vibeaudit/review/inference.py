"""One question to the model through litellm, asked again once when the answer does not fit."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import Any

from vibeaudit.model import InferenceEntry
from vibeaudit.review.endpoint import Endpoint
from vibeaudit.review.prompt import RUBRIC, SCHEMA, Slice

TIMEOUT = 120.0
MAX_TOKENS = 700
SEEDS = (1, 2)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer as parsed JSON, or None; and a ledger entry for each call ("answered" where it parsed)."""

    answer: Any
    entries: tuple[InferenceEntry, ...]


def ask(endpoint: Endpoint, piece: Slice) -> Reply:
    """Ask, and once more with another seed when the call fails or the answer is no JSON."""
    entries = []
    for seed in SEEDS:
        answer, entry = _call(endpoint, piece, seed)
        entries.append(entry)
        if answer is not None:
            return Reply(answer, tuple(entries))
    return Reply(None, tuple(entries))


def _call(endpoint: Endpoint, piece: Slice, seed: int) -> tuple[Any, InferenceEntry]:
    parameters = {"temperature": 0, "seed": seed, "max_tokens": MAX_TOKENS}
    started, text = time.monotonic(), ""
    try:
        text = _complete(endpoint, piece, parameters)
        answer = json.loads(text)
        result = "answered" if isinstance(answer, dict) else "failed: the answer is no object"
    except ValueError:
        answer, result = None, "failed: the answer is no JSON"
    except Exception as error:  # a model server fails in many ways, and none may end the audit
        answer, result = None, f"failed: {type(error).__name__}"
    entry = InferenceEntry(
        model=endpoint.model,
        prompt_sha256=_sha256(RUBRIC + piece.user),
        reply_sha256=_sha256(text),
        parameters=tuple((k, str(v)) for k, v in parameters.items()),
        seconds=round(time.monotonic() - started, 2),
        result=result,
    )
    return answer if isinstance(answer, dict) else None, entry


def _complete(endpoint: Endpoint, piece: Slice, parameters: dict[str, int]) -> str:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing it fetches a price list
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    reply = litellm.completion(
        model=endpoint.model,
        api_base=endpoint.base,
        api_key=os.environ.get("VIBEAUDIT_LLM_KEY", "none"),
        messages=[{"role": "system", "content": RUBRIC}, {"role": "user", "content": piece.user}],
        response_format={"type": "json_schema", "json_schema": {"name": "review", "strict": True, "schema": SCHEMA}},
        timeout=TIMEOUT,
        max_retries=0,
        **parameters,
    )
    return str(reply.choices[0].message.content or "")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
