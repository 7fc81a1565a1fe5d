"""What calls of scripts do to stores, through the clients and models that their holders were made from."""

from __future__ import annotations

import pytest

from tests.test_survey_routes import snapshot
from vibeaudit.survey.javascript import stores as script_stores
from vibeaudit.survey.project import Project

MODELS = """
const mongoose = require('mongoose');
exports.notes = mongoose.models.notes || mongoose.model('notes', new mongoose.Schema({ text: String }));
exports.prisma = new PrismaClient();
exports.knex = require('knex')({ client: 'pg' });
exports.tags = pgTable('tags', { id: serial('id') });
exports.Author = sequelize.define('author', {});
"""
HEAD = "const { notes, prisma, knex, tags, Author } = require('./models');\n"


@pytest.mark.parametrize(
    ("code", "touched"),
    [
        ("notes.find({});", "notes read"),
        ("notes.findOneAndUpdate({}, {});", "notes update"),
        ("const note = new notes({}); note.save();", "notes insert"),
        ("const note = await notes.findById(1); note.save();", "notes read, notes update"),
        ("notes.findById(1).then((note) => { note.save(); });", "notes read, notes update"),
        ("prisma.note.create({});", "note insert"),
        ("prisma.note.delete({});", "note delete"),
        ("knex('notes').where({}).update({});", "notes read, notes update"),
        ("db.insert(tags).values({});", "tags insert"),
        ("db.delete(tags).where(x);", "tags delete"),
        ("Author.destroy({ where: {} });", "author delete"),
        ("db.collection('notes').doc(id).set({});", "notes update"),
        ("setDoc(doc(db, 'notes', id), {});", "notes update"),
        ("supabase.from('notes').insert({}).select();", "notes insert"),
        ("let q = 'INSERT INTO notes VALUES (?)'; db.query(q, [1]);", "notes insert"),
        ("pool.query({ text: 'DELETE FROM notes WHERE id = $1', values: [1] });", "notes delete"),
        ("prisma.$queryRaw`SELECT * FROM notes`;", "notes read"),
        ("class Counter { increment(k) { send(k); } } const Counts = new Counter(); Counts.increment('x');", ""),
        ("[1, 2].find((n) => n); new Map().set(1, 2); canvas.save(); cache.delete(1);", ""),
    ],
)
def test_calls_are_followed_to_their_tables(code: str, touched: str) -> None:
    project = Project(snapshot({"models.js": MODELS, "app.js": HEAD + code}))
    module = project.module("app.js")
    assert module is not None
    found = [t for c in module.calls if (t := script_stores.touch(project, module, c))]
    assert ", ".join(sorted({f"{t.table} {t.verb}" for t in found}, key=str)) == ", ".join(
        sorted(filter(None, touched.split(", ")))
    )


def test_repositories_that_a_class_is_given_are_stores() -> None:
    service = """
class Notes {
  constructor(@InjectRepository(Note) private readonly repo: Repository<Note>, private prisma: PrismaService) {}
  list() { return this.repo.find(); }
  add() { return this.prisma.note.create({}); }
}
"""
    project = Project(snapshot({"notes.ts": service}))
    module = project.module("notes.ts")
    assert module is not None
    found = [t for c in module.calls if (t := script_stores.touch(project, module, c))]
    assert [(t.table, t.verb) for t in found] == [("Note", "read"), ("note", "insert")]


BASE = """
export abstract class Base<T> {
  constructor(protected readonly model: Model<T>) {}
  async add(row: Partial<T>) { const made = new this.model(row); return made.save(); }
  one(filter: object) { return this.model.findOne(filter); }
}
export class NotesRepository extends Base<Note> {
  constructor(@InjectModel(Note.name) model: Model<Note>) { super(model); }
  pinned() { return this.model.find({ pinned: true }); }
}
"""
USE = """
import { NotesRepository } from './base';
class Notes {
  constructor(private readonly notes: NotesRepository) {}
  list() { return this.notes.one({ id: 1 }); }
  put() { return this.notes.add({}); }
}
"""


def test_a_repository_written_once_for_all_tables_is_one_of_each() -> None:
    project = Project(snapshot({"base.ts": BASE, "notes.ts": USE}))
    found: list[str] = []
    for path in ("base.ts", "notes.ts"):
        module = project.module(path)
        assert module is not None
        touched = ((c.name, script_stores.touch(project, module, c)) for c in module.calls)
        found += [f"{name} {t.table} {t.verb}" for name, t in touched if t]
    assert found == [
        "made.save  insert",
        "this.model.findOne  read",
        "this.model.find Note read",
        "this.notes.one Note read",
        "this.notes.add Note insert",
    ]


SHELF = """
export interface Shelves { put(row: object): Promise<void> }
export abstract class Drawers { abstract put(row: object): Promise<void> }
"""
KEPT = """
import { Drawers, Shelves } from './shelf';
export class ShelvesInTables implements Shelves {
  constructor(private readonly prisma: PrismaService) {}
  put(row: object) { return this.prisma.shelf.create({ data: row }); }
}
export class DrawersInTables extends Drawers {
  constructor(private readonly prisma: PrismaService) { super(); }
  put(row: object) { return this.prisma.drawer.create({ data: row }); }
}
@Module({
  providers: [{ provide: Drawers, useClass: DrawersInTables }, { provide: 'TOKEN', useClass: DrawersInTables }],
})
export class KeptModule {}
"""
ASKED = """
import { Drawers, Shelves } from './shelf';
class Asked {
  constructor(private shelves: Shelves, private drawers: Drawers, @Inject('TOKEN') private other: Unknown) {}
  go() { this.shelves.put({}); this.drawers.put({}); this.other.put({}); }
}
"""


def test_interfaces_abstract_classes_and_tokens_stand_for_what_is_handed_over() -> None:
    project = Project(snapshot({"shelf.ts": SHELF, "kept.ts": KEPT, "asked.ts": ASKED}))
    module = project.module("asked.ts")
    assert module is not None
    reached = [f for c in module.calls if c.last == "put" and (f := project.function_called(module, c))]
    assert [(m.path, f.owner) for m, f in reached] == [
        ("kept.ts", "ShelvesInTables"),
        ("kept.ts", "DrawersInTables"),
        ("kept.ts", "DrawersInTables"),
    ]
