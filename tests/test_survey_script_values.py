"""What JavaScript expressions stand for, seen in the routes whose handlers and guards they are."""

from __future__ import annotations

import pytest

from tests.test_survey_routes import routes

SESSION = """
const UserDAO = require('./user-dao');
function SessionHandler(db) {
  const users = new UserDAO(db);
  this.isLoggedIn = (req, res, next) => { if (req.session.userId) return next(); return res.redirect('/login'); };
  this.isGuest = (req, res, next) => { if (!req.session.userId) return next(); res.redirect('/home'); };
  this.rename = (req, res) => { users.rename(req.body.name); res.end(); };
}
module.exports = SessionHandler;
"""
DAO = """
function UserDAO(db) {
  const users = db.collection('users');
  this.rename = (name) => users.update({ name });
}
module.exports = UserDAO;
"""
INDEX = """
const SessionHandler = require('./session');
const index = (app, db) => {
  const session = new SessionHandler(db);
  const isLoggedIn = session.isLoggedIn;
  app.post('/open', session.rename);
  app.post('/guarded', isLoggedIn, session.rename);
  app.post('/guests', session.isGuest, session.rename);
};
module.exports = index;
"""
SERVER = """
const express = require('express');
const index = require('./index');
const app = express();
connect((error, db) => { index(app, db); });
app.use('/made', require('./made')(passport));
"""
MADE = """
const router = require('express').Router();
module.exports = function (passport) {
  router.get('/list', (req, res) => res.end());
  return router;
};
"""
APP = {"server.js": SERVER, "index.js": INDEX, "session.js": SESSION, "user-dao.js": DAO, "made.js": MADE}


def test_members_of_constructor_functions_are_followed_to_their_bodies() -> None:
    found = routes(APP)
    assert set(found) == {"POST /open", "POST /guarded", "POST /guests", "GET /made/list"}
    assert {str(found[f"POST {p}"].body.path) for p in ("/open", "/guarded")} == {"session.js"}  # type: ignore[union-attr]
    assert found["POST /open"].effects == {"writes-store"}


def test_only_a_guard_that_turns_strangers_away_counts() -> None:
    found = routes(APP)
    assert found["POST /guarded"].has("authentication")
    assert not found["POST /open"].guards
    assert not found["POST /guests"].guards


@pytest.mark.parametrize(
    "controller",
    [
        "class C { add = async (req, res) => { await db.t.insert(req.body); }; }\nmodule.exports = new C();",
        "class C { async add(req, res) { await db.t.insert(req.body); } }\nmodule.exports = new C();",
        "class B { async add(req, res) { await db.t.insert(req.body); } }\n"
        "class C extends B {}\nmodule.exports = new C();",
        "const add = async (req, res) => { await db.t.insert(req.body); };\nmodule.exports = { add };",
    ],
)
def test_methods_fields_and_inherited_methods_are_handlers(controller: str) -> None:
    app = """
const app = require('express')();
const c = require('./controller');
app.post('/bound', c.add.bind(c));
app.post('/plain', c.add);
"""
    found = routes({"app.js": app, "controller.js": controller})
    assert {r.effects for r in found.values()} == {frozenset({"writes-store"})}


@pytest.mark.parametrize(
    "middleware",
    [
        "(req, res, next) => { if (!req.cookies.token) { req.user = null; return next(); } next(); }",
        "(req, res, next) => { try { req.user = check(req.cookies.token); } catch (e) { req.user = null; } next(); }",
    ],
)
def test_a_middleware_that_lets_everybody_through_is_no_guard(middleware: str) -> None:
    app = f"""
const app = require('express')();
const jwt = require('jsonwebtoken');
const check = (token) => jwt.verify(token, process.env.KEY);
app.use({middleware});
app.post('/notes', (req, res) => {{ db.query('INSERT INTO notes VALUES (1)'); }});
app.post('/login', (req, res) => {{ if (!user.isAdmin) return res.redirect('/'); req.session.userId = user.id; }});
"""
    found = routes({"app.js": app})
    assert not found["POST /notes"].guards
    assert not found["POST /login"].guards
