"""Tables that scripts define, by the calls and classes of each library."""

from __future__ import annotations

import pytest

from tests.test_survey_routes import snapshot
from vibeaudit.survey import survey


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("const s = new Schema({ email: String });\nmodule.exports = mongoose.model('users', s);", "users email"),
        ("const t = pgTable('users', { email: text() });", "users email"),
        ("const t = pgTable('users', (t) => ({ email: t.text() }));", "users email"),
        ("const User = sequelize.define('User', { email: { type: STRING } });", "User email"),
        ("class User extends Model {}\nUser.init({ email: STRING }, { sequelize });", "User email"),
        ("const up = (k) => k.schema.createTable('users', (t) => { t.string('email').unique(); });", "users email"),
        ("@Entity('users')\nclass User {\n  @Column() email: string;\n}", "users email"),
        ("@Entity()\nexport class Note {\n  @ManyToOne(() => User)\n  user: User;\n}", "Note user userId"),
        ("@Schema()\nclass User {\n  @Prop() email: string;\n}", "User email"),
        ("passport.init({ email: 1 });\nitems.define('x', 1);", ""),
    ],
)
def test_tables_are_found_with_their_columns(code: str, found: str) -> None:
    tables = survey(snapshot({"models.ts": code})).tables
    assert [" ".join((t.name, *t.columns)) for t in tables] == ([found] if found else [])
