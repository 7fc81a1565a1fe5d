"""What stands between a caller and a handler: guards by what a body does, and by name where the body is not ours."""

from vibeaudit.survey.guards.expressions import of_expression, of_value, own_kinds
from vibeaudit.survey.guards.reading import Reading, in_function, in_made, in_node
from vibeaudit.survey.guards.refusals import refuses

__all__ = ["Reading", "in_function", "in_made", "in_node", "of_expression", "of_value", "own_kinds", "refuses"]
