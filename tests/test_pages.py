"""Reading templates: where a value stands, what an expression can come out as, whose names are whose."""

from __future__ import annotations

import pytest

from vibeaudit.pages import braces, indents, mustaches, percents
from vibeaudit.pages.page import branches, names_of
from vibeaudit.pages.places import places


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("<p>{{ x }}</p>", "text"),
        ('<p class="{{ x }}">', "attribute"),
        ("<input value={{ x }}>", "unquoted"),
        ("<input {{ x }}>", "tag"),
        ('<a href="{{ x }}">', "url"),
        ('<a href="/users/{{ x }}">', "attribute"),
        ("<button onclick=\"go('{{ x }}')\">", "handler"),
        ("<script>var a = {{ x }};</script>", "script"),
        ("<script>var a = '{{ x }}';</script>", "script-string"),
        ("<script>var a = `{{ x }}`;</script>", "script-template"),
        ("<script>var a = 'it\\'s'; </script><p>{{ x }}</p>", "text"),
        ("<!-- {{ x }} -->", "comment"),
        ("<style>p { color: {{ x }} }</style>", "style"),
        ('<script type="application/json">{{ x }}</script>', "text"),
    ],
)
def test_it_knows_where_a_value_stands(text: str, place: str) -> None:
    holes, outputs, _ = braces.read(text, escaping=True)
    assert [places(text, holes)[o.start][0] for o in outputs] == [place]


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("a === b ? 'x' : c", ("c",)),
        ("'checked' if a == b", ()),
        ("a if b else c", ("a", "c")),
        ("a == b", ()),
        ("user.name || 'x'", ("user",)),
    ],
)
def test_only_the_branches_of_a_choice_are_printed(expression: str, left: tuple[str, ...]) -> None:
    assert branches(expression) is not None
    assert tuple(p[0] for p in names_of(expression)[0]) == left


def test_loops_lead_back_to_what_the_handler_gave() -> None:
    _, jinja, _ = braces.read("{% for p in blog.posts %}{{ p.text|safe }}{% endfor %}", escaping=True)
    _, ejs, _ = percents.read("<% blog.posts.forEach(p => { %><%- p.text %><% }) %>", "-")
    _, hbs, _ = mustaches.read("{{#each blog.posts}}{{{this.text}}}{{/each}}", escaping=True)
    pug, _ = indents.read("each p in blog.posts\n  li!= p.text\n")
    for outputs in (jinja, ejs, hbs, pug):
        assert [o.paths for o in outputs if o.raw] == [(("blog", "posts", "[]", "text"),)]
