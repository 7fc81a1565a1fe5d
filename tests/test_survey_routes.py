"""Routes and guards, from small apps written here."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.model import Route, Snapshot
from vibeaudit.source import SourceFile
from vibeaudit.survey import frameworks, survey


def snapshot(files: dict[str, str]) -> Snapshot:
    sources = tuple(SourceFile(PurePosixPath(p), data=t.encode()) for p, t in sorted(files.items()))
    return Snapshot(Path("."), "test", "test", None, sources, by_path={str(f.path): f for f in sources})


def routes(files: dict[str, str]) -> dict[str, Route]:
    return {r.name: r for r in survey(snapshot(files)).routes}


EXPRESS = {
    "app.js": """
const express = require('express');
const { load } = require('./users');
const app = express();
app.use('/api', require('./api'));
app.get('/early', (req, res) => res.json({}));
app.use((req, res, next) => { if (!req.user) return res.sendStatus(401); next(); });
app.get('/late', (req, res) => res.json({}));
""",
    "api/index.js": """
const { Router } = require('express');
const { admins } = require('../users');
const router = Router();
router.use('/admin', admins);
router.route('/things').get(list).post(admins, add);
router.get('/admin/stats', list);
async function add(req, res) { await db.query('INSERT INTO things VALUES ($1)', [req.body.name]); res.end(); }
function list(req, res) { res.end(); }
module.exports = router;
""",
    "users.js": """
exports.admins = (req, res, next) => { if (req.user.role !== 'admin') return res.sendStatus(403); next(); };
exports.load = (req, res, next) => { req.user = find(req.headers.authorization); next(); };
""",
}


def test_express_mounts_are_resolved_across_files() -> None:
    assert set(routes(EXPRESS)) == {
        "GET /early",
        "GET /late",
        "GET /api/things",
        "POST /api/things",
        "GET /api/admin/stats",
    }


def test_express_middleware_guards_what_comes_after_it() -> None:
    found = routes(EXPRESS)
    assert not found["GET /early"].has("authentication")
    assert found["GET /late"].has("authentication")


def test_express_middleware_guards_the_paths_below_its_own() -> None:
    found = routes(EXPRESS)
    assert found["GET /api/admin/stats"].has("authorization")
    assert not found["GET /api/things"].guards
    assert found["POST /api/things"].has("authorization")
    assert found["POST /api/things"].effects == {"writes-store"}


def test_a_middleware_that_lets_everybody_through_is_no_guard() -> None:
    app = """
const app = require('express')();
const { load } = require('./users');
app.use(load);
app.get('/x', (q, r) => r.end());
"""
    assert not routes({"app.js": app, "users.js": EXPRESS["users.js"]})["GET /x"].guards


def test_a_helper_that_only_returns_nothing_does_not_guard_its_caller() -> None:
    helper = "export async function who() { const s = await getServerSession(); if (!s) return null; return s.user; }"
    handler = """
import { who } from '@/lib/who';
export async function %s() { const user = await who(); %s return Response.json({}); }
"""
    found = routes(
        {
            "package.json": '{"dependencies": {"next": "15"}}',
            "lib/who.ts": helper,
            "app/api/a/route.ts": handler % ("POST", ""),
            "app/api/b/route.ts": handler % ("POST", "if (!user) return new Response('', { status: 401 });"),
        }
    )
    assert not found["POST /api/a"].has("authentication")
    assert found["POST /api/b"].has("authentication")


@pytest.mark.parametrize(
    ("matcher", "guarded"), [("'/api/:path*'", True), ("'/dashboard/:path*'", False), ("'/((?!_next|api).*)'", False)]
)
def test_a_next_middleware_guards_the_paths_that_it_matches(matcher: str, guarded: bool) -> None:
    middleware = f"""
import {{ getToken }} from 'next-auth/jwt';
export async function middleware(request) {{
  const token = await getToken({{ req: request }});
  if (!token) return NextResponse.redirect('/login');
}}
export const config = {{ matcher: [{matcher}] }};
"""
    found = routes(
        {
            "package.json": '{"dependencies": {"next": "15"}}',
            "middleware.ts": middleware,
            "app/(shop)/api/cart/[id]/route.ts": "export async function DELETE() { await prisma.cart.delete({}); }",
        }
    )
    assert found["DELETE /api/cart/[id]"].has("authentication") is guarded


def test_fastapi_dependencies_count_at_every_level() -> None:
    main = """
from fastapi import APIRouter, Depends, FastAPI
from deps import user, Caller
app = FastAPI()
r = APIRouter(prefix="/r")
closed = APIRouter(dependencies=[Depends(user)])
@r.get("/open")
def a(): ...
@r.get("/param")
def b(u=Depends(user)): ...
@r.get("/alias")
def c(u: Caller): ...
@r.get("/decorator", dependencies=[Depends(user)])
def d(): ...
@closed.get("/router")
def e(): ...
app.include_router(r, prefix="/v1")
app.include_router(closed, prefix="/v1")
"""
    deps = """
from typing import Annotated
from fastapi import Depends, Header, HTTPException
def user(authorization: str = Header()):
    if not authorization:
        raise HTTPException(401)
Caller = Annotated[str, Depends(user)]
"""
    found = routes({"main.py": main, "deps.py": deps})
    assert {n: r.has("authentication") for n, r in found.items()} == {
        "GET /v1/r/open": False,
        "GET /v1/r/param": True,
        "GET /v1/r/alias": True,
        "GET /v1/r/decorator": True,
        "GET /v1/router": True,
    }


def test_flask_blueprints_decorators_and_before_request_count() -> None:
    app = """
from flask import Blueprint, Flask, abort, session
app = Flask(__name__)
shop = Blueprint("shop", __name__, url_prefix="/shop")
@shop.before_request
def check():
    if "user_id" not in session:
        abort(401)
@shop.route("/buy", methods=["POST"])
def buy(): ...
@app.get("/")
def home(): ...
app.register_blueprint(shop, url_prefix="/store")
"""
    found = routes({"app.py": app})
    assert found["POST /store/buy"].has("authentication")
    assert not found["GET /"].guards


def test_django_urls_lead_to_views_and_their_decorators() -> None:
    files = {
        "shop/urls.py": """
from django.urls import path
from . import views
urlpatterns = [path('buy/', views.buy), path('all/', views.All.as_view())]
""",
        "shop/views.py": """
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
@login_required
def buy(request):
    Order.objects.create()
class All(LoginRequiredMixin, View):
    def get(self, request): ...
""",
    }
    found = routes(files)
    assert found["ANY /buy"].has("authentication")
    assert found["GET /all"].has("authentication")


def test_a_broken_file_costs_only_itself() -> None:
    files = dict(EXPRESS) | {
        "broken.js": "const app = express(; app.get('/x', (((",
        "bad.py": "from fastapi import FastAPI\n@app.get('/'\ndef (",
    }
    assert "GET /late" in routes(files)


def test_every_framework_module_offers_routes() -> None:
    import importlib

    for name in frameworks.names():
        assert callable(importlib.import_module(f"vibeaudit.survey.frameworks.{name}").routes)


def test_the_survey_says_the_same_twice() -> None:
    assert survey(snapshot(EXPRESS)) == survey(snapshot(EXPRESS))


def test_a_model_paid_with_the_callers_own_key_is_not_the_owners_bill() -> None:
    handler = """
import OpenAI from 'openai';
export default async function handler(req, res) {
  const { question, userKey } = req.body;
  %s
  res.json(await new OpenAI({ apiKey: %s }).responses.create({ input: question }));
}
"""
    found = routes(
        {
            "pages/api/own.js": handler % ("", "userKey"),
            "pages/api/either.js": handler % ("const apiKey = req.body.userKey || process.env.KEY;", "apiKey"),
            "pages/api/ours.js": handler % ("", "process.env.KEY"),
            "package.json": '{"dependencies": {"next": "15", "openai": "5"}}',
        }
    )
    paid = {route.path for route in found.values() if "calls-model" in route.effects}
    assert paid == {"/api/either", "/api/ours"}


def test_controllers_that_a_container_hands_out_are_followed_into_their_wrapped_fields() -> None:
    found = routes(
        {
            "routes.ts": "import { Router } from 'express';\nimport { container } from 'tsyringe';\n"
            "import { Notes } from './notes';\nconst notes = container.resolve(Notes);\nconst router = Router();\n"
            "router.post('/notes', notes.add);\nexport default router;\n",
            "notes.ts": "import { wrap } from './wrap';\nexport class Notes {\n"
            "  add = wrap(async (req, res) => { await prisma.note.create({ data: { text: req.body.text } }); });\n}\n",
            "wrap.ts": "export const wrap = (fn) => (req, res, next) => fn(req, res, next).catch(next);\n",
        }
    )
    (route,) = found.values()
    assert route.body is not None
    assert str(route.body.path) == "notes.ts"
    assert "writes-store" in route.effects
