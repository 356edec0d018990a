"""From a typed view and a template to an answer: language, direction, look, CSRF token, demo strip, time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from saman.apps.ui import icons
from saman.apps.ui.advice import Advice
from saman.apps.ui.catalogue import APPS, LANGUAGES
from saman.apps.ui.fragments import Keeper
from saman.apps.ui.locales import Words, languages, negotiate
from saman.apps.ui.security import Session, masked, session_of
from saman.apps.ui.static import Assets, coding_for, pack
from saman.flows.reading import Said
from saman.kernel.clock import Clock
from saman.kernel.outcome import Issue, Refusal

THEMES: Final = ("auto", "light", "dark")
DENSITIES: Final = ("calm", "dense")
KEPT: Final = frozenset({"as", "days", "found", "of", "order", "place", "service", "show", "start", "then"})
"""Query parameters that pages know, which a change of language or look takes along."""
ONE_YEAR: Final = 31_536_000
WRITTEN: Final = (
    "number",
    "day",
    "on",
    "day_month",
    "short_date",
    "full_date",
    "weekday",
    "month",
    "time",
    "near",
    "at",
    "moment",
    "short_moment",
    "duration",
    "spoken",
)
"""Methods of `Words` that templates use as filters."""


class Choice(msgspec.Struct, frozen=True):
    """A link of a switch: what it is called, where it leads, whether it is the present choice."""

    code: str
    name: str
    address: str
    current: bool


class User(msgspec.Struct, frozen=True):
    """Who is signed in, as shown at the top; `role_id` says which places a page leads to."""

    name: str
    role: str
    organization: str
    role_id: str = ""

    @property
    def initials(self) -> str:
        """What stands in the round mark beside the name."""
        return initials(self.name)


class Frame(msgspec.Struct, frozen=True):
    """What every template knows as `page`, besides its own `view`."""

    language: str
    direction: str
    theme: str
    csrf: str
    demo: bool
    now: datetime
    path: str
    user: User | None
    relative: bool
    owner: str
    languages: tuple[Choice, ...]
    themes: tuple[Choice, ...]
    density: str
    densities: tuple[Choice, ...]
    emergency: datetime | None = None
    several: bool = False


class Rendering:
    """What one page gathers while it is made: its words and the icons it used."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.icons: set[str] = set()

    @property
    def language(self) -> str:
        """The language the page is written in."""
        return self.words.language


_rendering: ContextVar[Rendering] = ContextVar("rendering")


RoleName = Callable[[str, str], str]
"""What a role is called in a language, from the care model."""


def _same(role: str, language: str) -> str:
    return role


Emergency = Callable[[], datetime | None]
"""Until when the log may be kept elsewhere than it should be; None when it may not."""


def _never() -> None:
    """There is no emergency mode."""


class Pages(msgspec.Struct, frozen=True):
    """How this installation renders: made once at start, kept as `app.state.pages`."""

    environment: Environment
    assets: Assets
    clock: Clock
    zone: ZoneInfo
    demo: bool = False
    default_language: str = "en"
    secure_cookies: bool = True
    role_name: RoleName = _same
    emergency: Emergency = _never


def pages(
    assets: Assets,
    clock: Clock,
    zone: ZoneInfo,
    demo: bool = False,
    default_language: str = "en",
    secure_cookies: bool = True,
    role_name: RoleName = _same,
) -> Pages:
    """Everything needed to render: `citizen/today.html` is `templates/today.html` of the app `citizen`."""
    folders = {path.parent.name: path for path in sorted(APPS.glob("*/templates")) if path.is_dir()}
    return Pages(environment(folders, assets), assets, clock, zone, demo, default_language, secure_cookies, role_name)


def environment(folders: dict[str, Path], assets: Assets) -> Environment:
    """A strict, escaping Jinja environment over one template folder an app; macros know language and icons."""
    loader = PrefixLoader({name: FileSystemLoader(path) for name, path in folders.items()})
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(asset=assets.address, icon=_icon, sprite=_sprite, words=_words)
    keeper = Keeper(_rendering.get)
    made.globals.update(advice=_advice, beside=_beside)
    made.globals.update(_=_gettext, n_=_ngettext, issue_text=_issue_text, kept=keeper.one, kept_each=keeper.each)
    made.filters.update(capfirst=capfirst, initials=initials, iso=iso, isoday=_isoday)
    made.filters.update({name: _by(name) for name in WRITTEN})
    return made


def language_of(request: Request) -> str:
    """The language to answer in: `?lang=`, the cookie, the signed-in user's, the browser's, the region's."""
    session = session_of(request)
    kept = (request.cookies.get("lang", ""), session.language if session else "")
    default = installation(request).default_language
    return negotiate(request.query_params.get("lang", ""), kept, request.headers.get("accept-language", ""), default)


def words_of(request: Request) -> Words:
    """The words for an answer to `request`, for code that needs them outside a template (form parsing)."""
    installed = installation(request)
    return Words(language_of(request), installed.zone, installed.clock())


def installation(request: Request) -> Pages:
    """The `Pages` this application was made with."""
    found: Pages = request.app.state.pages
    return found


def render(request: Request, template: str, view: Any, status: int = 200, **more: object) -> Response:
    """The page `template` shows for `view`, packed for the wire; remembers `?lang=`, `?theme=` and `?density=`.

    `more` are further names for the template, such as a frame's help block.
    """
    return _answer(request, html(request, template, view, **more), status)


def render_refusal(request: Request, refusal: Refusal, template: str = "ui/refusal.html") -> Response:
    """A whole page for an expected failure: no access, not found, something wrong with us."""
    return render(request, template, refusal, refusal.status)


def html(request: Request, template: str, view: Any, **more: object) -> str:
    """The page as text, for whoever sends it in another way (server-sent events)."""
    installed = installation(request)
    rendering = Rendering(words_of(request))
    reset = _rendering.set(rendering)
    try:
        return installed.environment.get_template(template).render(
            page=_frame(request, rendering.words), view=view, **more
        )
    finally:
        _rendering.reset(reset)


def see(address: str) -> Response:
    """Sends the browser on to a page after a form (303), so that going back or reloading never sends it twice."""
    return RedirectResponse(address, status_code=303)


def _answer(request: Request, text: str, status: int) -> Response:
    body = text.encode()
    headers = {
        "content-type": "text/html; charset=utf-8",
        "vary": "accept-encoding, accept-language, cookie",
        "cache-control": "no-store",
    }
    coding = coding_for(request.headers.get("accept-encoding", ""))
    if coding:
        headers["content-encoding"] = coding
        body = pack(body, coding, quality=3)
    response = Response(body, status, headers)
    for name, allowed in (("lang", LANGUAGES), ("theme", THEMES), ("density", DENSITIES)):
        asked = request.query_params.get(name, "")
        if asked in allowed:
            secure = installation(request).secure_cookies
            response.set_cookie(name, asked, max_age=ONE_YEAR, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def _frame(request: Request, words: Words) -> Frame:
    session = session_of(request)
    theme, density = _chosen(request, "theme", THEMES), _chosen(request, "density", DENSITIES)
    return Frame(
        language=words.language,
        direction=words.direction,
        theme=theme,
        csrf=masked(session.csrf) if session else "",
        demo=installation(request).demo,
        now=words.now,
        path=request.url.path,
        user=_user(request, session, words.language),
        relative=session is not None and session.role == "relative",
        owner=_owner(session),
        languages=_switch(request, "lang", languages(), words.language),
        themes=_switch(request, "theme", tuple((name, name) for name in THEMES), theme),
        density=density,
        densities=_switch(request, "density", tuple((name, name) for name in DENSITIES), density),
        emergency=installation(request).emergency(),
        several=session is not None and session.role in ("citizen", "relative") and session.several,
    )


def _chosen(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """What the address or the cookie says, else the first of `choices`."""
    chosen = request.query_params.get(name) or request.cookies.get(name, "")
    return chosen if chosen in choices else choices[0]


def _switch(request: Request, name: str, choices: tuple[tuple[str, str], ...], current: str) -> tuple[Choice, ...]:
    address = _without(request)
    return tuple(Choice(code, said, f"{address}{name}={code}", code == current) for code, said in choices)


def _user(request: Request, session: Session | None, language: str) -> User | None:
    if session is None:
        return None
    role = installation(request).role_name(session.role, language)
    return User(session.user_name, role, session.organization_name, session.role)


def _owner(session: Session | None) -> str:
    """Marks what a device keeps, so that the next person at the same device neither sees nor sends it."""
    return hashlib.sha256(f"saman device {session.actor}".encode()).hexdigest()[:16] if session else ""


def _without(request: Request) -> str:
    """The present address, to which a query parameter can be added; every page answered to a form can be had by GET.

    What somebody typed into an address by hand may be a name, and goes no further.
    """
    kept = urlencode([(key, old) for key, old in request.query_params.multi_items() if key in KEPT])
    return f"{request.url.path}?{kept}&" if kept else f"{request.url.path}?"


def capfirst(text: str) -> str:
    """`text` with a capital first letter, for a sentence that begins with a day."""
    return text[:1].upper() + text[1:]


def initials(name: str) -> str:
    """First letters of the first and the last of a name's words: `IA`."""
    words = name.split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


def iso(moment: date) -> str:
    """For `<time datetime>`: the reader's local time with its offset, or the day."""
    if isinstance(moment, datetime):
        return _words().local(moment).isoformat(timespec="minutes")
    return moment.isoformat()


def _isoday(moment: datetime) -> str:
    return _words().local(moment).date().isoformat()


def _words() -> Words:
    return _rendering.get().words


def _gettext(message: str, **values: object) -> Markup:
    return _words().gettext(message, **values)


def _advice(message: str, **values: object) -> Advice:
    return _words().advice(message, **values)


def _beside(told: Iterable[str]) -> tuple[tuple[str, Said], ...]:
    return _words().beside(told)


def _ngettext(one: str, many: str, count: int, **values: object) -> Markup:
    return _words().ngettext(one, many, count, **values)


def _issue_text(issue: Issue) -> Markup:
    return _words().issue(issue)


def _by(name: str) -> Callable[..., str]:
    """A template filter that calls the method `name` of the words in use."""

    def write(value: Any, *args: Any, **options: Any) -> str:
        written: str = getattr(_words(), name)(value, *args, **options)
        return written

    return write


def _icon(name: str, label: str = "") -> Markup:
    """An icon from the sprite; without a label it is hidden from readers and words stand beside it."""
    _rendering.get().icons.add(name)
    return icons.use(name, label)


def _sprite(whole: bool = False) -> Markup:
    """The symbols this page used, or all of them where parts of the page are fetched later."""
    return icons.sprite(icons.SYMBOLS if whole else _rendering.get().icons)
