"""What a handler does, by the calls in it and in the app's own functions that it calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import memory_rows, people
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.javascript.query_helpers import handed_on
from vibeaudit.survey.personal_fields import fields_in
from vibeaudit.survey.python.stores import says_statement
from vibeaudit.survey.touches import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

MODEL_HOSTS = re.compile(
    r"api\.openai\.com|api\.anthropic\.com|generativelanguage\.googleapis|aiplatform\.googleapis"
    r"|openai\.azure\.com|api\.mistral\.ai|api\.cohere"
    r"|api\.groq\.com|openrouter\.ai|ai\.gateway\.lovable\.dev|ai-gateway\.vercel|api\.together"
    r"|api\.deepseek\.com|api\.x\.ai|api\.perplexity"
    r"|api-inference\.huggingface|api\.replicate\.com|fal\.run|api\.elevenlabs\.io|api\.stability\.ai"
)
_HOSTS = (
    (MODEL_HOSTS, "calls-model"),
    (
        re.compile(
            r"api\.resend\.com|api\.sendgrid\.com|api\.mailgun\.net|api\.eu\.mailgun\.net|api\.brevo\.com"
            r"|api\.postmarkapp\.com|api\.mailjet\.com"
        ),
        "sends-mail",
    ),
    (re.compile(r"api\.stripe\.com|api-m\.paypal\.com"), "takes-payment"),
)
_MODEL = re.compile(
    r"(^|\.)(chat\.completions\.(create|parse|stream)|completions\.create|responses\.(create|parse|stream)"
    r"|embeddings\.create|"
    r"images\.(generate|edit)|audio\.\w+\.create|generateText|streamText|generateObject|streamObject"
    r"|generateImage|experimental_generateImage|"
    r"embedMany|generate_content\w*|generateContent\w*|sendMessageStream|ollama\.(chat|generate)"
    r"|litellm\.a?completion|open_?[rR]outer\w*\.(?:chat\.send|callModel)|replicate\.run|"
    r"ChatCompletion\.a?create|textToSpeech\.\w+|fal\.subscribe|converse|invoke_model|InvokeModelCommand)$"
)
_MODEL_MESSAGES = re.compile(
    r"(anthropic|claude|client|mistral|ai|llm)\w*\.(beta\.)?messages\.(create|stream)$"
    r"|\bmistral\w*\.chat\.(complete|stream)",
    re.IGNORECASE,
)
_CHAIN = re.compile(
    r"(^|\.)\w*(llm|chain|agent|agent_?executor|model|chat_?model|graph|crew|rag)\w*\.(a?invoke|a?stream|run"
    r"|arun|kickoff|predict|call)$"
    r"|(^|\.)\w*(?:chat|query)_engines?(?:\.\[\])?\.(?:a?chat|a?stream_chat|astream_chat|a?query)$",  # LlamaIndex
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"(^|\.)(emails\.send|sendMail|send_mail|sendEmail|send_email\w*|sgMail\.send|sendgrid\w*\.send"
    r"|smtp\w*\.send\w*|mail\.send|server\.sendmail|"
    r"mg\.messages\.create|transporter\.sendMail|sendTransacEmail|SendEmailCommand|fastmail\.send_message"
    r"|fm\.send_message)$",
    re.IGNORECASE,
)
_PAYMENT = re.compile(
    r"(^|\.)(checkout\.sessions?\.create|paymentIntents\.create|charges\.create|subscriptions\.(create|update"
    r"|cancel)|refunds\.create|"
    r"PaymentIntent\.create|Charge\.create|checkout\.Session\.create|invoices\.(create|pay)|transfers\.create"
    r"|Refund\.create|billingPortal\.sessions\.create|billing_portal\.Session\.create|setupIntents\.create)$"
)
_COMMAND = re.compile(
    r"^(child_process\.|cp\.)?(exec|execSync|execAsync|execPromise|execFile|execFileSync|spawn|spawnSync|execa)$"
    r"|^subprocess\.\w+$"
    r"|^os\.(system|popen)$|^asyncio\.create_subprocess_\w+$"
)
_FILE = re.compile(
    r"(^|\.)(formidable|IncomingForm|writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|unlink|unlinkSync|rmSync"
    r"|uploader\.(?:upload\w*|unsigned_upload\w*|destroy)|write_text|write_bytes|PutObjectCommand|DeleteObjects?Command|put_object|upload_fileobj|delete_object)$|"
    r"^shutil\.(rmtree|move|copyfileobj|copy)$|^os\.(remove|unlink|rename)$"
)
_SERVICE = re.compile(
    r"^(fetch|axios(\.\w+)?|got(\.\w+)?|ky(\.\w+)?|requests\.(get|post|put|patch|delete|request)|httpx\.\w+"
    r"|urllib\.request\.urlopen|\w*client\.(get|post))$"
)
_SESSION = re.compile(
    r"(^|\.)(login_user|signInWithPassword|signIn|signUp|jwt\.sign|jwt\.encode|create_access_token"
    r"|createSession|create_session|lucia\.createSession|"
    r"req\.login|req\.logIn|django_login|auth_login|issueToken|generateToken|generate_token"
    r"|generateAccessToken|SignJWT|exchangeCodeForSession|verifyOtp|"
    r"signInWithOtp|resetPasswordForEmail|setSession)$"
)
_SIGNED_IN = re.compile(
    r"(^|\.)session\.(\w*[uU]ser\w*|uid|account\w*|\[\]|admin|logged\w*|authenticated"
    rf"|(?:{people.SOMEBODY}|client|driver|host|agent|owner)(?:_?[iI]d)?)$"
)
_STORE_WORDS = re.compile(
    r"(^|[._])(supabase\w*|prisma\w*|db\w*|database|pool|knex|drizzle|sequelize|collection\w*|repo|repos"
    r"|\w*[rR]epository|session|cursor|cur|conn\w*|connection|"
    r"sql|kv|redis|firestore|storage|objects|query|from|table|storage|\w+Model|tx|trx|engine|store|client"
    r"|sqlite|adminClient|supabaseAdmin|mongo|stmt|prepare)(\.|$)",
    re.IGNORECASE,
)
_WRITE = frozenset(
    "insert update upsert delete create save insertOne insertMany updateOne updateMany deleteOne deleteMany"
    " findOneAndUpdate"
    " findByIdAndUpdate findByIdAndDelete findOneAndDelete bulkCreate destroy createMany remove insert_one"
    " insert_many update_one"
    " update_many delete_one delete_many replace_one commit add bulk_create get_or_create update_or_create"
    " set hset lpush zadd"
    " merge put increment decrement upsertMany replaceOne bulkWrite addDoc setDoc updateDoc deleteDoc upload"
    " flush".split()
)
_READ = frozenset(
    "select find findOne findMany findUnique findFirst findById findAll findUniqueOrThrow findFirstOrThrow"
    " get all first fetch fetchone"
    " fetchall fetchrow count aggregate scalar scalars scalar_one_or_none filter filter_by find_one one"
    " one_or_none one_or_404 first_or_404 get_or_404 paginate query exec"
    " execute raw queryRaw getDoc getDocs list each rpc values".split()
)
_SQL = re.compile(
    r"^[\s'\"`(rfbRFB]*(?:--[^\n]*\n\s*)*(select|insert|update|delete|replace|with|drop|alter|truncate|create|call)\b",
    re.IGNORECASE,
)
_SQL_CALLS = frozenset(
    "query execute run all get exec prepare raw unsafe executemany executescript fetch fetchrow fetchval text"
    " one none any $queryRaw $executeRaw"
    " $queryRawUnsafe $executeRawUnsafe sql read_sql each oneOrNone manyOrNone".split()
)
_MAX_DEPTH = 5  # what a function does is worked out once: a short way would leave it half known to all
STORES = frozenset(("reads-store", "writes-store"))
# `new OpenAI({ apiKey: key })`, and how a name gets a value of the request
_CLIENT_KEY = re.compile(r"\bnew\s+\w+\(\s*(?:\{[^{}]{0,200}?\bapiKey\s*:\s*)?(\w*[kK]ey\w*)\b")
_REQUEST = r"(?:await\s+)?(?:req|request)\.(?:body|headers|json\(\))"
_TAKEN = re.compile(rf"(?:const|let|var)\s*\{{(?P<names>[^{{}}]{{1,2000}})\}}\s*=\s*{_REQUEST}")
_TAKEN_ONE = re.compile(rf"(?:const|let|var)\s+(?P<name>\w+)\s*=\s*{_REQUEST}[.\[][\w.'\"\]-]*\s*[;\n]")


@dataclass(frozen=True, slots=True)
class Doing:
    effects: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()


def of_function(project: Project, module: Module, function: Function, depth: int = 0) -> Doing:
    """The effects and personal fields of a function and of the app's own functions that it calls."""
    key = ("effects", function.key)
    if key not in project.memory:
        project.memory[key] = Doing()
        project.memory[key] = of_node(project, module, function.body, depth)
    return project.memory[key]  # type: ignore[return-value]


def of_node(project: Project, module: Module, body: Node, depth: int = 0) -> Doing:
    """The same for a bare block."""
    effects: set[str] = set()
    fields: set[str] = fields_in(text_of(body))
    for call in module.calls_in(body):
        if not call.name:
            continue
        called = project.function_called(module, call)
        if called is not None and depth < _MAX_DEPTH:
            inner = of_function(project, *called, depth + 1)
            effects |= inner.effects
        speaks = called is None or _speaks_for_itself(call)
        if speaks:
            effects |= of_call(call, _statement(module, body, call))
        if (speaks or handed_on(project, module, call)) and (touched := touch(project, module, call)):
            effects.add("reads-store" if touched.verb == "read" else "writes-store")
    effects |= {"reads-store" if u.verb == "read" else "writes-store" for u in memory_rows.uses(project, module, body)}
    for assign in module.assigns_in(body):
        for target in assign.targets:
            if _SIGNED_IN.search(target):
                effects.add("sets-session")
    if "calls-model" in effects and _paid_by_caller(text_of(body)):
        effects = (effects - {"calls-model"}) | {"calls-service"}
    return Doing(frozenset(effects), frozenset(fields))


def _paid_by_caller(text: str) -> bool:
    """Whether every model client in the text is made with a key that came with the request: the caller's bill."""
    keys = set(_CLIENT_KEY.findall(text))
    taken = {n for m in _TAKEN.finditer(text) for n in re.findall(r"(\w+)\s*(?=,|$)", m["names"])}
    alone = {m["name"] for m in _TAKEN_ONE.finditer(text)}
    set_again = {k for k in keys if len(re.findall(rf"(?<![\w.]){k}\s*=(?![=>])", text)) > (k in alone)}
    return bool(keys) and keys <= (taken | alone) and not set_again


def _speaks_for_itself(call: Call) -> bool:
    """A call to the app's own helper whose name or SQL text says more than its body shows."""
    if _MAIL.search(call.name) or _SESSION.search(call.name):
        return True
    return (
        bool(call.args)
        and (call.last in _SQL_CALLS or says_statement(call))
        and bool(_SQL.match(text_of(call.args[0])[:200]))
    )


_NAMES_CALLER = re.compile(
    r"['\"]?\b(?:user\w*|uid|account\w*|logged\w*|(?:customer|member|staff|admin)_?id)\b['\"]?\s*[:=]", re.I
)


def _signs_in(call: Call) -> bool:
    """Django's `login(request, user)`, Flask's `session.update({"user_id": user.id})`."""
    if call.name in ("session.update", "flask.session.update"):
        given = (*(text_of(a) for a in call.args), *(f"{name}=" for name in call.keywords))
        return any(_NAMES_CALLER.search(g[:600]) for g in given)
    return call.last == "login" and len(call.args) > 1 and text_of(call.args[0]) in ("request", "self.request")


def _statement(module: Module, body: Node, call: Call) -> str:
    """The SQL behind the name that a call is given: `query = "insert ..."; db.execute(query)`. Else nothing."""
    if not call.args or call.args[0].type != "identifier" or call.last not in _SQL_CALLS:
        return ""
    name = text_of(call.args[0])
    given = [a for a in module.assigns_in(body) if name in a.targets and a.node.start_byte < call.node.start_byte]
    value = given[-1].value if given else module.values.get(name)
    text = text_of(value)[:600]
    return text if _SQL.match(text) else ""


def of_call(call: Call, statement: str = "") -> frozenset[str]:
    """The effects of one call, by its name and its literal arguments; `statement` is the SQL behind the first."""
    name, found = call.name, set()
    first = statement or (text_of(call.args[0])[:600] if call.args else "")
    texted = {"to", "from_", "body"} & set(call.keywords)  # `client.messages.create(to=number, body=text)` of Twilio
    if _MODEL.search(name) or (_MODEL_MESSAGES.search(name) and not texted) or _CHAIN.search(name):
        found.add("calls-model")
    if _SERVICE.search(name):
        kinds = [kind for pattern, kind in _HOSTS if pattern.search(first)]
        found.add(kinds[0] if kinds else "calls-service")
    if _PAYMENT.search(name):
        found.add("takes-payment")
    if _MAIL.search(name):
        found.add("sends-mail")
    if _COMMAND.search(name):
        found.add("runs-command")
    if _FILE.search(name) or (
        name == "open" and len(call.args) > 1 and re.search(r"['\"][wax]", text_of(call.args[1]))
    ):
        found.add("writes-file")
    if (
        _SESSION.search(name)
        or _signs_in(call)
        or (re.search(r"^res\.cookie$", name) and re.search(r"token|session|auth", first, re.IGNORECASE))
    ):
        found.add("sets-session")
    return frozenset(found) or _store(call, first)


# `supabase.auth.admin.deleteUser(id)`, `getAuth().deleteUser(uid)`: accounts of a service that keeps them
_ACCOUNTS = re.compile(
    r"(?:^|\.)auth\.admin\.(?:delete_?user|update_?user_?by_?id|create_?user|invite_?user_?by_?email)$"
    r"|(?:^|\.)(?:admin\.auth|getAuth|adminAuth|clerkClient\.users)\.(?:deleteUser|updateUser|createUser|setCustomUserClaims)$",
    re.IGNORECASE,
)


def _store(call: Call, first: str) -> frozenset[str]:
    holder, _, verb = call.name.rpartition(".")
    if _ACCOUNTS.search(call.name):
        return frozenset({"writes-store"})
    if verb in _SQL_CALLS or not holder:
        if (sql := _SQL.match(first)) and verb in _SQL_CALLS:
            return frozenset({"reads-store" if sql[1].lower() in ("select", "with") else "writes-store"})
        if re.search(r"\b(insert|update|delete)\s*\(", first) and verb == "execute":  # sqlalchemy: execute(insert(T))
            return frozenset({"writes-store"})
    if verb not in _WRITE and verb not in _READ:
        return frozenset()
    if re.search(
        r"(^|\.)(headers|params|searchParams|formData|cache|map|set|cookies|crypto|createHash|createHmac"
        r"|stripe|openai|classList|localStorage|sessionStorage|app|router|request|req|res|environ|config|args"
        r"|form|json|state|session\.get)$",
        holder,
    ):
        return frozenset()
    last = holder.rsplit(".", 1)[-1]
    a_model = (
        last[:1].isupper()
        and not last.isupper()
        and last
        not in (
            "Object",
            "Array",
            "Promise",
            "Map",
            "Set",
            "Date",
            "Reflect",
            "Math",
            "JSON",
            "Response",
            "NextResponse",
            "Router",
            "Path",
            "Buffer",
            "String",
            "Number",
        )
    )
    if not a_model and not _STORE_WORDS.search(holder):
        return frozenset()
    if _keeps_copy(call, holder, verb):
        return frozenset()
    if verb == "set" and not re.search(r"kv|redis|firestore|doc|db", holder, re.IGNORECASE):
        return frozenset()
    return frozenset({"writes-store" if verb in _WRITE else "reads-store"})


def _keeps_copy(call: Call, holder: str, verb: str) -> bool:
    """A copy of something that was read, kept for a while: `redis.set(key, JSON.stringify(row), "EX", 900)`."""
    given = [text_of(a) for a in call.args]
    if verb not in ("set", "setex", "setEx") or not re.search(r"redis|cache|kv", holder, re.IGNORECASE):
        return False
    lasts = verb != "set" or any(re.match(r"['\"](?:EX|PX)['\"]$|\{\s*(?:EX|PX|ex|px|ttl)\b", g) for g in given[2:])
    return lasts and any(re.match(r"JSON\.stringify\(|json\.dumps\(", g) for g in given)
