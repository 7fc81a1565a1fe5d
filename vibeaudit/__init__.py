"""Audits and repairs AI-generated apps."""

from pathlib import Path

__version__ = "0.1.0"

# In a wheel, rulesets/ and fixers/ lie inside the package; in a checkout they lie beside it.
if not (Path(__file__).parent / "rulesets").is_dir():
    __path__.append(str(Path(__file__).parent.parent))
