"""What a route asks its caller for, and what its forms check first."""

from __future__ import annotations

from tests.test_survey_routes import routes


def kinds(files: dict[str, str], guard: str) -> dict[str, tuple[set[str], bool]]:
    """Each route's kinds of personal data, and whether it has the guard."""
    return {name: (set(r.personal_data), r.has(guard)) for name, r in routes(files).items()}


def test_validators_and_pages_say_which_data_a_script_handles() -> None:
    files = {
        "server.js": "const express = require('express');\nconst { signIn } = require('./checks');\n"
        "const env = require('./env');\nconst users = require('./users');\nconst app = express();\n"
        "const setUpFirst = async (req, res, next) => {\n"
        "  const somebody = req.user || (await users.findAny());\n  if (somebody) { next(); return; }\n"
        "  res.redirect('/create-admin');\n};\n"
        "app.post('/tokens', signIn, (req, res) => res.json(users.tokenOf(req)));\n"
        "app.get('/hello', setUpFirst, (req, res) =>\n"
        "  res.render('parts/email', { title: 'Your email', mail: env.MAIL_TO }));\n"
        "app.get('/reset', (req, res) => res.render('reset_password', { title: 'Reset password' }));\n"
        "app.get('/own', (req, res) => res.json({ email: req.user.email }));\n",
        "checks.js": "const { body } = require('express-validator');\n"
        "module.exports = { signIn: [body('email').isEmail(), body('password').isLength({ min: 8 })] };\n",
    }
    assert kinds(files, "authentication") == {
        "POST /tokens": ({"email", "password"}, False),
        "GET /hello": (set(), False),
        "GET /reset": (set(), False),
        "GET /own": ({"email"}, False),
    }


def test_forms_say_which_data_a_view_takes_and_may_limit_its_callers() -> None:
    files = {
        "app.py": "from flask import Flask\nfrom flask.views import MethodView\nfrom forms import Enter, Member\n"
        "app = Flask(__name__)\n"
        "@app.post('/enter')\ndef enter():\n    form = Enter()\n    return form.go()\n"
        "@app.get('/enter')\ndef page():\n    return Enter().render()\n"
        "class Add(MethodView):\n    form = Member\n    def post(self):\n        return self.form().save()\n"
        "app.add_url_rule('/members', view_func=Add.as_view('add'))\n",
        "forms.py": "from flask_wtf import FlaskForm\nfrom wtforms import StringField, ValidationError\n"
        "from limits import TokenBucket\n"
        "class Enter(FlaskForm):\n    phone = StringField()\n    def validate_phone(self, field):\n"
        "        if not TokenBucket.authorize(field.data):\n            raise ValidationError('later')\n"
        "class Member(FlaskForm):\n    email = StringField()\n    birthday = StringField()\n"
        "    def validate_email(self, field):\n        TokenBucket.authorize(field.data)\n",
    }
    assert kinds(files, "rate-limit") == {
        "POST /enter": ({"phone"}, True),
        "GET /enter": (set(), True),
        "POST /members": ({"email", "birth date"}, False),
    }


def test_the_form_that_signs_in_is_no_guard_and_another_strategy_is() -> None:
    files = {
        "server.js": "const express = require('express');\nconst passport = require('passport');\n"
        "const app = express();\nconst users = require('./users');\n"
        "const through = (kind) => (req, res, next) => passport.authenticate(kind, (err, user) => {\n"
        "  if (!user) return res.sendStatus(401);\n  req.user = user;\n  next();\n})(req, res, next);\n"
        "const form = through('local');\nconst token = through('jwt');\n"
        "app.post('/login', passport.authenticate('local'), (req, res) => res.json({}));\n"
        "app.post('/auth/session', form, (req, res) => res.json(users.tokenOf(req)));\n"
        "app.get('/:id', (req, res) => res.json({}));\n"
        "app.post('/auth/password', token, (req, res) => users.change(req));\n"
        "app.post('/orders', passport.authenticate('local'), (req, res) => users.order(req));\n",
    }
    found = kinds(files, "authentication")
    assert {name: guarded for name, (_, guarded) in found.items()} == {
        "POST /login": False,
        "POST /auth/session": False,
        "GET /:id": False,
        "POST /auth/password": True,
        "POST /orders": True,
    }


def test_a_check_that_holds_for_some_pages_only_guards_part() -> None:
    files = {
        "app.py": "from flask import Flask, redirect\nfrom flask_login import current_user\n"
        "from rooms import current_room\n"
        "app = Flask(__name__)\n@app.before_request\ndef check():\n"
        "    if current_room and not current_user.is_authenticated:\n        return redirect('/login')\n"
        "@app.get('/rooms')\ndef rooms():\n    return 'rooms'\n",
        "strict.py": "from flask import Blueprint, abort, request\nfrom flask_login import current_user\n"
        "bp = Blueprint('strict', __name__)\n@bp.before_request\ndef check():\n    endpoint = request.endpoint\n"
        "    if endpoint and not current_user.is_authenticated:\n        abort(401)\n"
        "@bp.get('/strict')\ndef strict():\n    return 'strict'\n",
    }
    assert {name: r.has("authentication") for name, r in routes(files).items()} == {
        "GET /rooms": False,
        "GET /strict": True,
    }


def test_the_roles_of_a_chat_are_no_role_of_the_caller() -> None:
    files = {
        "server.js": "const express = require('express');\nconst app = express();\n"
        "app.post('/ask', async (req, res) => {\n  const user = await userOf(req.headers.authorization);\n"
        "  if (!user) return res.sendStatus(401);\n"
        "  const said = await ask({\n"
        "    headers: { authorization: KEY }, messages: [{ role: 'system', content: 'Be brief' }],\n  });\n"
        "  if (!said) return res.sendStatus(400);\n  res.json(said);\n});\n"
    }
    assert not routes(files)["POST /ask"].has("authorization")


def test_a_permission_that_is_asked_for_in_the_body_authorizes() -> None:
    files = {
        "app.py": "from flask import Flask, redirect\nfrom flask_allows2 import Permission\n"
        "from flask_login import login_required\n"
        "from rooms import Has, Room\napp = Flask(__name__)\n"
        "@app.post('/hide/<int:n>')\n@login_required\ndef hide(n):\n"
        "    if not Permission(Has('hide')):\n        return redirect('/')\n"
        "    Room.get(n).hide()\n    return 'hidden'\n",
    }
    assert routes(files)["POST /hide/<int:n>"].has("authorization")
