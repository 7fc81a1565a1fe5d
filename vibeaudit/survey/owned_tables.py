"""Tables whose rows belong to somebody: they name an owner, or are the people themselves."""

from __future__ import annotations

import re

from vibeaudit.model import AppModel, Table
from vibeaudit.survey.words import personal, words

_OWNER = re.compile(
    r"^(user_?id|owner_?id|author_?id|account_?id|created_?by|owner|tenant_?id|org(anization)?_?id|team_?id"
    r"|workspace_?id|customer_?id|profile_?id|(?:log_?in|auth)_?id|user|username|user_?name|user_?email"
    r"|(?:usuario|cliente|paciente|alumno|aluno|estudiante|empleado|persona|utilisateur|pengguna|pelanggan|pasien|anggota)_?id"
    r"|id_?(?:user|usuario|cliente|client|paciente|alumno|aluno|empleado|utilisateur|pelanggan|pengguna|anggota)"
    r"|(?:patient|customer|client|buyer|seller|member|student|employee|recipient|sender|payer|payee|guest|tenant|requester"
    r"|reviewer|users|members|participants|collaborators|applicant|creator|created_by|uploaded_by|from_user|to_user|author|assignee|borrower|subscriber|visitor|holder"
    r"|driver|rider|passenger|candidate|renter|booker|donor|purchaser|shopper|submitter|reporter|registrant|attendee|receiver"
    r"|sent_by|sent_to|submitted_by|requested_by|booked_by|paid_by|posted_by|added_by)(?:_?id)?)$",
    re.IGNORECASE,
)
_PEOPLE = frozenset(
    "user users profile profiles account accounts member members customer customers patient patients employee employees"
    " student students client clients staff people person subscriber subscribers guest guests contact contacts"
    " visitor visitors"
    " usuario usuarios cliente clientes paciente pacientes alumno alumnos aluno alunos estudiante estudiantes empleado"
    " empleados funcionario funcionarios persona personas pessoa pessoas miembro miembros membro membros utilisateur"
    " utilisateurs employe employes etudiant etudiants eleve eleves membre membres utente utenti pengguna pelanggan"
    " pasien karyawan pegawai siswa mahasiswa anggota benutzer kunde kunden mitarbeiter".split()
)
# what a table holds when its columns cannot be seen
_BELONGINGS = frozenset(
    "order orders invoice invoices cart carts basket baskets message messages note notes chat chats conversation"
    " conversations booking bookings appointment appointments payment payments transaction transactions address"
    " addresses document documents reservation reservations wallet wallets todo todos task tasks prescription"
    " prescriptions diagnosis loan loans card cards subscription subscriptions notification notifications memo memos"
    " contribution contributions allocation allocations"
    " pedido pedidos factura facturas carrito carritos mensaje mensajes cita citas reserva reservas pago pagos"
    " diagnostico diagnosticos prestamo prestamos commande commandes facture factures panier paniers paiement paiements"
    " fatura faturas agendamento agendamentos pagamento pagamentos emprestimo emprestimos pesanan keranjang pembayaran"
    " peminjaman".split()
)


# people by trade: whole tables of them are shown to everybody, unless they have accounts of their own
_TRADES = frozenset(
    "partner partners driver drivers rider riders courier couriers agent agents doctor doctors nurse nurses teacher"
    " teachers seller sellers vendor vendors buyer buyers worker workers operator operators applicant applicants"
    " candidate candidates tenant tenants resident residents passenger passengers donor donors volunteer volunteers"
    " admin admins administrator administrators owner owners manager managers".split()
)
_SHOWN = re.compile(
    r"(?:_(?:view|table|tbl|tb|list|info|data|details|record|records|register)"
    r"|(?<=[a-z])(?:View|Table|Tbl|Info|Data|Details|Model|Register|Registration))+$"
)
# columns of a row that stands beside an account and says what its holder may do
_RIGHT = re.compile(r"(?i)(?:user_?)?role|is_?(?:admin|staff|superuser|moderator|manager)|user_?type|account_?type")
_PARENT = re.compile(r"(\w+?)_?[iI]d")
# what is written to be read by everybody
_CONTENT = frozenset(
    "post posts comment comments review reviews rating ratings article articles blog blogs tweet tweets thread threads"
    " topic topics question questions answer answers reply replies like likes tag tags product products recipe recipes"
    " news story stories page pages event events course courses lesson lessons job jobs listing listings category"
    " categories follow follows book books movie movies song songs album albums genre genres brand brands"
    " hotel hotels room rooms property properties apartment apartments house houses"
    " menu menus tour tours campground campgrounds".split()
)
# the same, when they are nothing else: `IssuedBooks` are somebody's
_CATALOGUE = frozenset("book books movie movies song songs album albums genre genres brand brands".split())


_FOR_ALL = frozenset("shared published featured related recommended rated feed archived".split())


def is_content(name: str) -> bool:
    """Whether the rows of this table are there to be read by others than their owners."""
    said = [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", _SHOWN.sub("", name))]
    if len(said) > 1 and said[-1] in ("profile", "profiles"):
        return said[-2] in _TRADES  # `DoctorProfile`: patients choose among them
    if len(said) > 1 and said[-2].endswith("ed") and said[-2] not in _FOR_ALL:
        return False  # `issued_books`: somebody's
    return bool(said) and (said[-1] in _CONTENT or (len(said) == 1 and said[0] in _CATALOGUE))


def names_owner(column: str) -> bool:
    """Whether a column says whose a row is."""
    return _OWNER.match(column) is not None and column.lower() not in ("username", "user_name", "author")


def has_accounts(app: AppModel, name: str) -> bool:
    """Whether the rows of this table are people who sign in, or whose addresses the app keeps."""
    if is_people(name):
        return True
    known = tables_named(app, name)
    said = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", _SHOWN.sub("", name))
    if said and said[-1].lower() in _TRADES and any(_holds_people(t) for t in known):
        return True
    return any("user" in t.owners and any(_RIGHT.fullmatch(c) for c in t.columns) for t in known)


def is_owned(app: AppModel, name: str) -> bool:
    """Whether the rows of this table (or model) are somebody's in particular."""
    if is_people(name):
        return True
    known = tables_named(app, name)
    if not any(t.columns for t in known if t.store != "client") and words(name) & _BELONGINGS:
        return True  # some columns are known, or none
    return any(_has_owner(app, t) for t in known) or any(_hangs_on_owned(app, t) for t in known)


def _has_owner(app: AppModel, table: Table) -> bool:
    named = (c for c in table.columns if _OWNER.match(c) and not _is_a_text(table, c))
    named = (c for c in named if not _points_at_things(app, table, c))
    return bool(table.owners) or any(named) or _holds_people(table)


def _is_a_text(table: Table, column: str) -> bool:
    """`books.author`, which is who wrote it, where the models say which of their columns point at people."""
    return column.lower() == "author" and table.store in ("sqlalchemy", "django", "sql")


def _points_at_things(app: AppModel, table: Table, column: str) -> bool:
    """`books.author_id`, where authors are rows of a catalogue and nobody who signs in."""
    above = _PARENT.fullmatch(column)
    if above is None or not any(_plain(p) == _plain(above[1]) for p in table.parents):
        return False
    known = [t for t in tables_named(app, above[1]) if t.columns]
    return bool(known) and not any(t.owners or _holds_people(t) or is_people(t.name) for t in known)


def _hangs_on_owned(app: AppModel, table: Table) -> bool:
    """`messages.chat_id`, where the chats are somebody's."""
    hung = [*table.parents, *(m[1] for c in table.columns if (m := _PARENT.fullmatch(c)))]
    return any(
        _has_owner(app, parent) and not is_content(parent.name)
        for name in hung
        for parent in tables_named(app, name)
        if parent.name != table.name
    )


_SELLER = re.compile(
    r"^(?:store|shop|vendor|merchant|seller|restaurant|supplier|provider|organi[sz]er|instructor)_?id$", re.IGNORECASE
)


# who puts something up for others to see; `user_id` may be either side
_PUBLISHER = re.compile(
    r"^(?:owner|author|creator|created_?by|seller|host|organi[sz]er|publisher|posted_?by|uploaded_?by|added_?by|store|shop|vendor"
    r"|restaurant|company|employer|instructor)(?:_?id)?$",
    re.IGNORECASE,
)


def is_published(app: AppModel, name: str) -> bool:
    """Whether the owners of the rows are those who put them up: books for sale, trails, quizzes."""
    if is_people(name) or words(name) & _BELONGINGS:
        return False
    known = [t for t in tables_named(app, name) if not _holds_people(t)]
    owners = [c for t in known for c in (*t.owners, *t.columns) if c in t.owners or _OWNER.match(c)]
    return bool(owners) and all(_PUBLISHER.match(c) for c in owners)


def has_seller(app: AppModel, name: str) -> bool:
    """Whether the rows of this table are for everybody to see, and for one of many sellers to change."""
    return any(_SELLER.match(c) for t in tables_named(app, name) for c in t.columns)


def is_people(name: str) -> bool:
    """Whether the rows of this table are people: its last word says so (`user_profiles`, not `user_roles`)."""
    said = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", _SHOWN.sub("", name))
    return bool(said) and said[-1].lower() in _PEOPLE


# what a row says of a person, and of no shop
_INTIMATE = frozenset(
    ("birth date", "national id", "bank account", "salary", "health", "religion", "ethnicity", "gender", "payment card")
)


def tells_of_persons(app: AppModel, name: str) -> bool:
    """Whether the columns of a table say of persons what is nobody else's business: a date of birth beside a number to
    call, a diagnosis; first and last names with an address."""
    return any(_is_private({kind for c in t.columns if (kind := personal(c))}) for t in tables_named(app, name))


def _is_private(kinds: set[str]) -> bool:
    if "health" in kinds or len(kinds & _INTIMATE) > 1:
        return True
    return bool(kinds & (_INTIMATE | {"name"})) and bool(kinds & {"email", "phone", "address"})


def tables_named(app: AppModel, name: str) -> list[Table]:
    """The tables that a name stands for, be it singular or plural, in camel or snake case."""
    wanted = _plain(name)
    return [t for t in app.tables if _plain(t.name) == wanted]


def _plain(name: str) -> str:
    low = name.replace("_", "").lower()
    return low.removesuffix("ies") + "y" if low.endswith("ies") else low.removesuffix("s")


def _holds_people(table: Table) -> bool:
    low = {c.lower() for c in table.columns}
    if "password" in low and low & {"email", "phone", "mobile", "username"}:
        return True
    return "email" in low and bool(low & {"password", "phone", "phone_number", "address", "session_id", "name"})
