"""The API tables of the Django samples."""

from __future__ import annotations

from tests.api_table import SAMPLES, table, taken

_REST = "csrf rate-limit"


def test_django_views_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "django") == {
        "ANY /": "csrf",
        "ANY /admin": "authentication authorization csrf",
        "GET|POST /shop/buy": "csrf",
        "POST /shop/orders/<int:pk>/cancel": "",
        "POST /shop/orders/<int:pk>/remove": "authentication csrf",
        "ANY /shop/orders/<int:pk>/refund": "authentication authorization csrf",
        "POST /shop/orders/<int:pk>/ship": "authentication csrf",
        "ANY /drafts/new": "csrf",
        "ANY /notes/<note_id>": "authentication csrf",
        "GET|POST /shop/items/new": "csrf",
        "GET|POST /shop/items/<int:pk>/edit": "authentication csrf",
        "GET|POST /shop/items/<int:pk>/drop": "authentication authorization csrf",
        "POST /shop/items/<int:pk>/stock": "authentication csrf",
        "DELETE /shop/items/<int:pk>/stock": "csrf",
        "POST /shop/items/<int:pk>/price": "authentication authorization csrf",
        "POST /shop/items/import": "authentication csrf",
        "ANY /shop/shown": "csrf partial-authentication",
        "ANY /shop/items/<int:pk>/looked-at": "csrf",
        "GET|POST /shop/new-password": "authentication csrf",
        "GET /shop/feeds/<str:feed_key>": "csrf",
        "GET|POST /shop/lines": "authentication",
        "GET|DELETE /shop/some-lines": "csrf",
        "ANY /shop/mails/<str:signed>/stop": "csrf signature",
        "ANY /shop/mails/<str:signed>/stop-all": "csrf",
        "ANY /shop/orders/<int:pk>/confirm-order/<str:token>": "csrf signature",
        "ANY /shop/count/<slug:ping_key>": "csrf",
        "ANY /shop/wipe": "csrf",
        "POST /shop/items/<int:pk>/reserve": "csrf",
        "ANY /shop/orders/<int:pk>/collect": "authentication authorization csrf",
        "ANY /shop/first-visit": "csrf",
        "ANY /shop/own-order": "csrf",
        "ANY /shop/items/<int:pk>/draw": "csrf",
        "GET|POST /shop/orders/<int:pk>/status": "csrf",
        "ANY /shop/board": "authentication csrf",
        "ANY /shop/items/price-all": "authentication csrf",
    }


def test_rest_framework_views_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "django-rest") == {
        "GET /api/notes": f"authentication {_REST}",
        "GET /api/notes/<pk>": f"authentication {_REST}",
        "POST /api/notes": f"authentication authorization {_REST}",
        "PUT|PATCH|DELETE /api/notes/<pk>": f"authentication authorization {_REST}",
        "POST /api/notes/<pk>/pin": _REST,
        "POST /api/notes/clear": f"authentication authorization {_REST}",
        "GET|POST /api/tags": _REST,
        "GET|PUT|PATCH|DELETE /api/tags/<pk>": _REST,
        "GET /api/posts": _REST,
        "GET /api/posts/<pk>": _REST,
        "POST /api/posts": f"authentication authorization {_REST}",
        "PUT|PATCH|DELETE /api/posts/<pk>": f"authentication authorization {_REST}",
        "GET /api/teams": _REST,
        "GET /api/teams/<pk>": _REST,
        "POST /api/teams": f"authentication authorization {_REST}",
        "PUT|PATCH|DELETE /api/teams/<pk>": f"authentication authorization {_REST}",
        "POST /api/import": _REST,
        "POST /api/export": f"authentication {_REST}",
        "POST /api/jobs": _REST,
        "DELETE /api/jobs": _REST,
        "GET|PUT|PATCH|DELETE /api/jobs/<int:pk>": f"authentication authorization {_REST}",
        "POST /api/files": _REST,
        "GET|POST /api/parcels": f"authentication authorization {_REST}",
        "GET|PUT|PATCH|DELETE /api/parcels/<pk>": f"authentication authorization {_REST}",
        "GET|POST /api/boxes": f"authentication authorization {_REST}",
        "GET|PATCH /api/boxes/<pk>": f"authentication authorization {_REST}",
        "PUT|DELETE /api/boxes/<pk>": _REST,
        "POST /api/login": _REST,
    }


def test_django_parameters_come_from_their_part_of_the_request() -> None:
    found = taken(SAMPLES / "django")
    assert found["GET|POST /shop/buy"] == {("form", "item")}
    assert found["POST /shop/items/<int:pk>/stock"] == {("path", "pk"), ("form", "stock")}
    assert taken(SAMPLES / "django-rest")["POST /api/jobs"] == {("body", "name")}
