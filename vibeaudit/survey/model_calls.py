"""Calls to language models: to whom, with which model, from the browser or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.maps.vendors import of_host
from vibeaudit.model import ModelCall
from vibeaudit.survey import effects, javascript
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"openai|anthropic|mistral|gemini|google-?generative|genai|langchain|litellm|ollama|generateText|streamText|groq|cohere|replicate|ai\.gateway|openrouter|bedrock",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\bmodel(?:_?name|Id|_id)?['\"]?\s*[:=]\s*(?:\w+(?:\.\w+)?\(\s*)?['\"]([\w./:@-]{2,80})['\"]")
_BY_MODEL = (
    (re.compile(r"^(openai/)?(gpt-|o[134](-|$)|chatgpt|text-embedding|dall-e|whisper|tts-)"), "OpenAI"),
    (re.compile(r"^(anthropic/)?claude"), "Anthropic"),
    (re.compile(r"^(google/|models/)?gemini"), "Google Gemini Developer API"),
    (re.compile(r"^(mistral/|mistralai/)?(mistral|codestral|pixtral|ministral)"), "Mistral AI"),
    (re.compile(r"^(deepseek/)?deepseek"), "DeepSeek API"),
    (re.compile(r"^(xai/)?grok"), "xAI"),
    (re.compile(r"^(cohere/)?command"), "Cohere"),
)
_BY_IMPORT = (
    ("openrouter", "OpenRouter"),
    ("anthropic", "Anthropic"),
    ("mistral", "Mistral AI"),
    ("groq", "Groq"),
    ("genai", "Google Gemini Developer API"),
    ("generative-ai", "Google Gemini Developer API"),
    ("generativeai", "Google Gemini Developer API"),
    ("cohere", "Cohere"),
    ("replicate", "Replicate"),
    ("ollama", "Ollama / vLLM / llama.cpp (self-hosted)"),
    ("bedrock", "Amazon Bedrock"),
    ("azure", "Azure OpenAI / Microsoft Foundry"),
    ("openai", "OpenAI"),
)


def model_calls(project: Project, client_files: frozenset[str]) -> tuple[ModelCall, ...]:
    """Each call, in order of place."""
    found: set[ModelCall] = set()
    for module in project.hinted(_HINT, "python", *javascript.LANGUAGES):
        found.update(_of_module(module, module.path in client_files))
    return tuple(sorted(found, key=lambda c: (c.location, c.vendor, c.model)))


def _of_module(module: Module, in_browser: bool) -> Iterator[ModelCall]:
    text = module.file.text
    for call in module.calls:
        if "calls-model" in effects.of_call(call):
            said = text_of(call.node)[:6000]
            named = _MODEL.search(said) or _MODEL.search(text)
            model = named[1] if named else ""
            yield ModelCall(_vendor(module, call, model, said), model, module.file.locate(call.node), in_browser)


def _vendor(module: Module, call: Call, model: str, said: str) -> str:
    base = re.search(r"base_?url['\"]?\s*[:=]\s*['\"]https?://([^/'\"]+)", module.file.text, re.IGNORECASE)
    host = re.search(r"https?://([\w.-]+)", said) if call.name in ("fetch",) or call.name.startswith("axios") else base
    if host and (vendor := of_host(host[1])):
        return vendor
    for pattern, vendor in _BY_MODEL:
        if pattern.search(model):
            return vendor
    specs = " ".join(sorted({i.spec for i in module.imports.values()})).lower() + " " + call.name.lower()
    return next((vendor for word, vendor in _BY_IMPORT if word in specs), "")
