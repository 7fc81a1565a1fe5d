"""What the app does with accounts and their passwords, wherever in the code it does it."""

from vibeaudit.survey.accounts.steps import account_steps

__all__ = ["account_steps"]
