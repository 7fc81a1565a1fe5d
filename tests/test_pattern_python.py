"""Python files under the judgements that were first written for scripts."""

from vibeaudit.analyzers.pattern_rules import shapes
from vibeaudit.analyzers.pattern_scan import scan

SHAPE = {
    "languages": "python",
    "mentions": "price",
    "any": ["$FORM.get($NAME, $PRICE)"],
    "where": {"NAME": {"string": "^price$"}},
}
SOURCE = """
def key_of(user):
    return "price"


@app.get("/")
def index(key):
    return TRIES.get(key, []), TRIES.get(key_of, 1), form.get("price", ware.price)
"""


def test_a_name_that_no_assignment_gives_does_not_stop_the_scan() -> None:
    hits = scan(SOURCE, "python", "app.py", shapes("a-rule", SHAPE), in_test=False).hits
    assert [h.start[0] for h in hits] == [7]
