"""Where the app's own logic can be turned against it: what it believes of its callers, and what it does half-way."""

from vibeaudit.survey.logic.steps import logic_steps

__all__ = ["logic_steps"]
