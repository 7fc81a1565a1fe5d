"""The one family of errors that end a command: a line, a hint, an exit code."""


class VibeauditError(Exception):
    """What was asked could not be done. Printed once, by the command line, as one line and a tip."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(VibeauditError):
    """The command's words do not fit together."""


class TargetError(VibeauditError):
    """The target cannot be read: missing, empty, not a repository, too large."""


class RuleError(VibeauditError):
    """A rule file does not say what a rule must say."""


class ConfigError(VibeauditError):
    """A settings file of ours cannot be read."""


class EgressDenied(VibeauditError):
    """A connection was asked for that nobody permitted."""


class ToolError(VibeauditError):
    """A program that we call failed or is missing."""
