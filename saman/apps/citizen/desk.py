"""What the citizen's pages ask of the rest of Saman. One desk is made for each request and knows who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol

from saman.apps.citizen.log_views import AccessLog, LogAsked, LogQuestion
from saman.apps.citizen.sharing_views import Acting, ChildSharing, OwnLooks, Sharing, SharingWith, YesPage
from saman.apps.citizen.views import (
    Answer,
    Draft,
    Happened,
    OwnAnswer,
    Plan,
    Readings,
    Receipt,
    SelfTreatment,
    SignIn,
    Thread,
    Today,
    Trend,
)
from saman.apps.ui.views import Help
from saman.kernel.outcome import Refusal
from saman.model.access import Domain


class FrontDesk(Protocol):
    """What the front page asks for; nobody is signed in."""

    def sealed(self, query: str) -> str:
        """What was searched for, unreadable, for the address of the answer."""
        ...

    def opened(self, found: str) -> str:
        """What `sealed` made unreadable; empty when it was not made here."""
        ...

    async def people(self, query: str) -> SignIn | Refusal:
        """Ways to sign in, and in the demo people whose name or role matches `query`, those over 65 first."""
        ...


class CitizenDesk(Protocol):
    """Everything a citizen reads and does. Every method may refuse; a Refusal's issues name the field in `path`."""

    async def help(self) -> Help:
        """Numbers to call, from the country file, and the citizen's coordinator."""
        ...

    def measures(self) -> bool:
        """Whether anything is measured at home in this region."""
        ...

    async def today(self) -> Today | Refusal:
        """What is asked of me today and what comes next."""
        ...

    async def is_asked(self) -> bool:
        """Whether the region asks me how its services work together, and I have not answered."""
        ...

    async def plan(self) -> Plan | Refusal:
        """My plan."""
        ...

    async def answer_item(self, item: str, answer: OwnAnswer) -> Refusal | None:
        """Stores the citizen's own answer to a plan item."""
        ...

    async def draft(self) -> Draft | Refusal:
        """The report being written; begins one when there is none."""
        ...

    async def keep(self, draft: str, answers: Mapping[str, Answer]) -> Refusal | None:
        """Stores answers in the draft, by question."""
        ...

    async def send(self, draft: str, comment: str) -> Receipt | Refusal:
        """Sends the draft once: a second call with the same draft answers with the first receipt, marked `already`."""
        ...

    async def receipt(self) -> Receipt | Refusal:
        """The receipt of the latest report."""
        ...

    async def readings(self) -> Readings | Refusal:
        """My measures with their latest reading."""
        ...

    async def trend(self, measure: str) -> Trend | Refusal:
        """One measure over 90 days."""
        ...

    async def self_treatment(self) -> SelfTreatment | Refusal:
        """My self-treatment plan."""
        ...

    async def thread(self) -> Thread | Refusal:
        """My messages; opening them marks them as read."""
        ...

    async def write(self, key: str, text: str) -> Refusal | None:
        """Stores a message once for each `key`."""
        ...

    async def access_log(self, asked: LogAsked) -> AccessLog | Refusal:
        """Who looked, as far as is asked."""
        ...

    async def ask_about(self, entry: str, at: str, words: str) -> str | Refusal:
        """Asks about a look, named by its number and time; gives the id of the question, once for each look."""
        ...

    async def read_notice(self, notice: str) -> Refusal | None:
        """Keeps that I have read that something of mine was opened."""
        ...

    async def choose_notices(self, wish: str) -> Refusal | None:
        """Keeps what I want to be told of: nothing (empty), `emergency`, `first` or `every`."""
        ...

    async def give_reason(self, reason: str) -> str | Refusal:
        """Keeps why I look further back than is shown freely; gives what `LogAsked.reason` takes."""
        ...

    async def question(self, id: str) -> LogQuestion | Refusal:
        """One of my questions about a look."""
        ...

    async def sharing(self) -> Sharing | Refusal:
        """Who may look at my information now."""
        ...

    async def child_sharing(self) -> ChildSharing | Refusal:
        """Who may look at a child now, for a guardian: units, and whose it is to say no to them."""
        ...

    async def sharing_with(self, party: str, chosen: Collection[Domain] | None) -> SharingWith | Refusal:
        """One unit; with `chosen` also what closing these kinds of data to it would change."""
        ...

    async def say_no(self, party: str, chosen: Collection[Domain]) -> Refusal | None:
        """Closes kinds of data to a unit, in the place of what was closed to it before."""
        ...

    async def take_back(self, no: str) -> Refusal | None:
        """Ends a no, by the id of its Consent."""
        ...

    async def saying_yes(self, party: str) -> YesPage | Refusal:
        """What a yes to a unit that waits for one would open, and to whom."""
        ...

    async def say_yes(self, party: str) -> Refusal | None:
        """Says yes to a unit that waits for it."""
        ...

    async def ending_yes(self, yes: str) -> YesPage | Refusal:
        """What it would close to take a yes back, by the id of its Consent."""
        ...

    async def end_yes(self, yes: str) -> Refusal | None:
        """Takes a yes back."""
        ...

    async def acting(self) -> Acting | None:
        """For whom somebody close is here; None for the citizen."""
        ...

    async def own_looks(self) -> OwnLooks | Refusal:
        """What somebody close has looked at, whoever else has looked."""
        ...

    async def share_with(self, id: str, version: int, scopes: Collection[str], last: date | None) -> Refusal | None:
        """Shares scopes with somebody close (a RelatedPerson at a version), up to and with the day `last`."""
        ...

    async def end_sharing(self, id: str, version: int) -> Refusal | None:
        """Ends at once what is shared with somebody close."""
        ...

    async def share_again(self, id: str, version: int) -> Refusal | None:
        """Undoes the ending, while nothing has changed since."""
        ...

    async def happened(self, report: str | None) -> Happened | Refusal:
        """What became of a report, the latest when None."""
        ...

    async def not_heard_back(self, report: str) -> Refusal | None:
        """Tells both ends that the citizen has had no answer."""
        ...
