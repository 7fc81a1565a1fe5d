"""Files of the audited app: their language, text, tree, spans."""

from vibeaudit.source.file import SourceFile

__all__ = ["SourceFile"]
