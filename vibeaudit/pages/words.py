"""Names by which frameworks and people call things in templates, and around the calls that render them."""

from __future__ import annotations

import re

# Filters and helpers whose result holds no markup of anybody else's.
SAFE = frozenset(
    "e escape force_escape forceescape tojson json_script striptags int float integer length length_is wordcount"
    " urlencode date time timesince timeuntil floatformat filesizeformat slugify slug escapejs escape_js yesno"
    " pluralize linebreaksbr linebreaks urlize truncatechars_html bleach sanitize sanitize_html clean purify nh3 count"
    " round crispy as_crispy_form as_crispy_field bootstrap add_class attr as_p as_table as_widget render_field"
    " divisibleby static media intcomma naturaltime humanize strftime url_encode number_format currency include partial"
    " contentFor block yield super caller csrf csrf_token csrfInput csrfField stringformat abs url img_url asset_url"
    " stylesheet_tag script_tag h j u t trans".split()
)
# Functions whose result is the app's own text, a number, or made safe.
_OWN_CALLS = frozenset(
    "int float bool len round sum abs Number parseInt parseFloat Boolean count count_documents countDocuments length"
    " escape escapeHtml escapeHTML escape_html encodeURIComponent urlencode quote quote_plus url_for reverse sanitize"
    " sanitizeHtml sanitize_html purify clean nh3 xss stripTags striptags strip_tags format_html conditional_escape"
    " datetime now utcnow today strftime toISOString toFixed toLocaleDateString toLocaleTimeString getTime Date"
    " hexdigest uuid4 token_hex csrf_token csrfToken generate_csrf randint random isoformat gettext ugettext"
    " gettext_lazy _ __ t i18n translate b64encode getenv environ secure_filename is_authenticated exists svg qrcode"
    " to_html".split()
)
_CLEANS = re.compile(
    r"(?i:sanit|purif|(?<!un)escape|safe_\w*(?:url|redirect)|strip_?(?:html|tags)|encode_?html)|^clean(?:[A-Z_]|$)"
)
# Functions whose result holds the text of their arguments or of their receiver.
PASSES = frozenset(
    "strip trim lower upper toLowerCase toUpperCase replace replaceAll split join format title capitalize encode"
    " decode lstrip rstrip toString slice substring substr str String concat get items values copy dict list sorted"
    " reversed sort reverse reduce map filter flat from_iterable first last order_by limit skip populate unescape"
    " decodeURIComponent parse stringify loads dumps markdown marked Markup mark_safe SafeString render makeHtml"
    " renderInline pop text json content read set tuple enumerate zip assign fromEntries toObject toJSON rtrim ltrim"
    " body linebreaks parseInline data sub".split()
)
# What frameworks put into every template.
_FRAMEWORK = frozenset(
    "csp_nonce nonce formset field loop forloop super caller self block body yield url_for config settings _ __"
    " gettext t i18n trans layout contentFor children page_obj paginator defaultMeta defaultContent style script"
    " scripts styles stylesheets javascripts pagination cl opts media adminform inline_admin_formset buttons cache"
    " process env JSON Object Math Date moment".split()
)
_FRAMEWORK_LIKE = re.compile(r"^(?:_?csrf|static|STATIC|MEDIA|content_for|recaptcha|captcha|admin_)\w*$|[fF]orms?$")
_NUMBERS = frozenset(
    "id _id pk uuid guid index index0 counter counter0 count price amount quantity qty age year month day size page"
    " pages length limit offset rating score stock balance latitude longitude lat lng lon progress width height svg"
    " icon icons created updated timestamp".split()
)
_NUMBER_LIKE = re.compile(
    r"^(?:total\w*|num_\w+|percent\w*|is_\w+|has_\w+|\w+time"
    r"|\w*(?:_|(?<=[a-z]))(?:id|Id|ID|pk|count|Count|at|At|date|Date|Time))$"
)
_PICTURE = re.compile(
    r"(?:^|_)(?:img|image|photo|picture|avatar|thumbnail|logo|file|filename|path)s?$|(?:Image|Photo|Url)$"
)
_ADDRESS = re.compile(
    r"(?:^|_)(?:web_?site|url|link|homepage|home_page|blog|href|linkedin|twitter|github|facebook|social)"
    r"(?:_?url|_?link)?s?$|(?:Url|URL|Link|Website)\w*$"
)
_PROSE = re.compile(
    r"(?:^|_|(?<=[a-z]))(?:name|username|title|text|message|msg|comment|content|body|html|markup|bio|description|desc|subject"
    r"|summary|note|notes|review|feedback|caption|author|email|reply|answer|question|address|query|snippet|excerpt)s?$",
    re.IGNORECASE,
)
_JSON = frozenset("stringify dump json json_encode toJSON jsonify serialize".split())


def last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def own_call(name: str) -> bool:
    bare = last(name)
    return bare in _OWN_CALLS or bool(_CLEANS.search(bare))


def makes_json(name: str) -> bool:
    """Whether the result is JSON that nobody made fit for HTML; `tojson` of Jinja is fit."""
    return last(name) in _JSON


def of_framework(root: str) -> bool:
    return root in _FRAMEWORK or bool(_FRAMEWORK_LIKE.search(root))


def number_like(name: str) -> bool:
    return name in _NUMBERS or bool(_NUMBER_LIKE.match(name))


def picture_like(name: str) -> bool:
    return bool(_PICTURE.search(name))


def prose_like(name: str) -> bool:
    return bool(_PROSE.search(name))


def markup_like(name: str) -> bool:
    """Whether a name says that HTML is in it, as of something that was rendered before."""
    return bool(re.search(r"(?:html|markup|content|body|template)$", name, re.IGNORECASE))


def address_like(name: str) -> bool:
    return bool(_ADDRESS.search(name))
