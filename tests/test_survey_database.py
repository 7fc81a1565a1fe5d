"""The state of the database after all migrations, from scripts written here."""

from __future__ import annotations

from tests.test_survey_routes import snapshot
from vibeaudit.model import AppModel
from vibeaudit.survey import survey
from vibeaudit.survey.sql import statements


def app(**scripts: str) -> AppModel:
    return survey(snapshot({f"supabase/migrations/{n}.sql": t for n, t in scripts.items()}))


def test_statements_end_outside_quotes_comments_and_bodies() -> None:
    text = """select ';' -- a;
    ; create function f() returns void as $x$ begin; perform 1; end $x$ language plpgsql; select "a;b" /* ; */"""
    assert [s.words[0] for s in statements(text)] == ["select", "create", "select"]


def test_migrations_are_replayed_in_order_of_file_name() -> None:
    found = app(
        a1="create table public.notes (id uuid primary key, body text, constraint c check (id <> ''));",
        a2="alter table notes add column owner uuid, drop column body; alter table notes enable row level security;",
        a3="alter table notes rename to memos;",
    )
    (table,) = found.tables
    assert (table.name, table.columns, table.rls) == ("memos", ("id", "owner"), True)


def test_a_dropped_policy_is_gone_and_an_altered_one_is_new() -> None:
    found = app(
        a1="create table t (id int); create policy p on t for select using (true); create policy q on t using (true);",
        a2='drop policy if exists "p" on public.t; alter policy q on t using (auth.uid() = owner);',
    )
    (policy,) = found.policies
    assert (policy.name, policy.command, policy.using) == ("q", "all", "auth.uid() = owner")


def test_a_policy_gives_its_roles_and_conditions() -> None:
    text = """create policy "a b" on public.t as restrictive for update to anon, authenticated
      using ((select auth.uid()) = user_id) with check (credits < 5)"""
    (policy,) = app(a=text).policies
    assert policy.roles == ("anon", "authenticated")
    assert (policy.using, policy.check, policy.permissive) == ("(select auth.uid()) = user_id", "credits < 5", False)


def test_locations_count_bytes_and_lines_of_the_file() -> None:
    (table,) = app(a="-- é\r\n\r\ncreate table t (id int);\r\n").tables
    assert (table.location.line, table.location.column) == (3, 1)


def test_buckets_and_functions_are_known() -> None:
    found = app(
        a="insert into storage.buckets (id, name, public) values ('a', 'a', true), ('b', 'b', false);"
        "create function f() returns trigger security definer as $$ begin end $$ language plpgsql;"
        "create view v with (security_invoker = on) as select 1;"
    )
    assert [(b.name, b.public) for b in found.buckets] == [("a", True), ("b", False)]
    assert [(f.name, f.definer, f.search_path) for f in found.database_functions] == [
        ("f", True, False),
        ("v", False, True),
    ]


def test_garbage_gives_nothing_and_does_not_crash() -> None:
    found = app(a="create table (((; create policy on; alter table; ' $$ \" insert into storage.buckets (")
    assert found.tables == ()


def test_orm_models_are_tables_too() -> None:
    found = survey(
        snapshot(
            {
                "schema.prisma": "model User {\n  id Int @id\n  email String\n}\n",
                "m.py": "class Note(Base):\n    __tablename__ = 'notes'\n    id = Column()\n    owner_id = Column()",
            }
        )
    )
    assert {(t.store, t.name, t.columns) for t in found.tables} == {
        ("prisma", "User", ("id", "email")),
        ("sqlalchemy", "notes", ("id", "owner_id")),
    }


def test_a_language_that_nothing_reads_is_named_and_makes_the_audit_partial() -> None:
    app = survey(snapshot({"src/Main.java": "class Main {}", "src/Two.java": "class Two {}", "app.py": "x = 1\n"}))
    (left_out,) = app.left_out
    assert left_out.what == "Java"
    assert left_out.why.endswith("searched for secrets only: 2")
    assert ("java", 2) in app.stack.languages


def test_tables_of_a_server_that_keeps_the_vendors_key_are_not_open_to_browsers() -> None:
    files = {
        "package.json": '{"dependencies": {"@supabase/supabase-js": "2", "@prisma/client": "6"}}',
        "prisma/migrations/1_init/migration.sql": 'CREATE TABLE "User" ("id" INTEGER);',
        "src/files.ts": "const files = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_KEY);",
    }
    kept = survey(snapshot(files)).tables
    shown = survey(snapshot({**files, "src/app.tsx": "import { createClient } from '@supabase/supabase-js';"})).tables
    assert [t.store for t in (*kept, *shown)] == ["sql", "supabase"]
