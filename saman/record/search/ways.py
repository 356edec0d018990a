"""How a search comes to its rows: by id, by the people it is about, by a value, or along the times of a type.

Lists of ids, people or values become rows of their own, each with a look of its own into an index, so that the text of
a statement does not grow with them and no list is ever answered by going through everything there is. OFFSET 0 keeps
the planner from turning these looks into one great join.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from saman.kernel.ids import Mint
from saman.kernel.outcome import Refusal
from saman.model.access.scopes import Narrowing
from saman.model.fhir import SearchParameter, implied_systems, resource_number
from saman.record.fence import Fence
from saman.record.rows import COMBINED, is_sought, of_reference, person_shard
from saman.record.search.asked import Clause, Query, unescape
from saman.record.search.clauses import TABLE, Bind, condition, points
from saman.record.search.order import first_in_time
from saman.record.search.sought import beside, sought

SUBJECTS = ("patient", "subject")
"""The parameters that say whom a resource is about."""

ABOUT_SEVERAL = frozenset({"Account", "Appointment", "AuditEvent", "Contract", "Person", "Provenance"})
"""Types whose `patient` or `subject` may name several people; such resources have no one person in their row."""


SAME = "IS NOT DISTINCT FROM"
"""Holds a row that was found by the number of its person against the person, in a way that no index is walked by."""

_RESOURCE = "JOIN resource r ON r.shard = d.shard AND r.type = d.type AND r.id = d.id"
"""The resource of a row `d` of an index table."""

RESOURCES = """CROSS JOIN LATERAL (
    SELECT y.* FROM resource y WHERE y.shard = k.s AND y.type = k.t AND y.id = k.d OFFSET 0
) AS r"""
"""The resources of the keys `k(s, t, d)`: one look for each, so that each goes to one partition."""


def located(keys: str) -> str:
    """Rows (s, t, d) with the shard looked up where it is not known.

    Done before the resources are touched: row-level security lets only plain values into an index, no expressions.
    """
    return f"""SELECT coalesce(n.s, l.shard), n.t, n.d FROM ({keys}) AS n(s, t, d)
        LEFT JOIN locator l ON n.s IS NULL AND l.key = n.t || '/' || n.d OFFSET 0"""


class Frame(msgspec.Struct, frozen=True):
    """What all statements of a request have in common."""

    fence: Fence
    mint: Mint
    now: datetime
    base: str
    is_system: bool
    narrowing: Narrowing | None = None


class Window(msgspec.Struct, frozen=True):
    """The stretch of a page along `at`: the condition that it begins with (of `y`, or empty), direction and length.

    `after`: how many rows of it are passed over.
    """

    beyond: str
    way: str
    most: int
    after: int = 0

    @property
    def order(self) -> str:
        """What puts rows `y` in its order and takes what it holds of them."""
        return f"ORDER BY y.at {self.way}, y.id {self.way} LIMIT {self.most} OFFSET {self.after}"


class Way(msgspec.Struct, frozen=True):
    """FROM, conditions, the alias whose person and time order the rows, and the clauses each row is still held to.

    `table` is the index table that `d` goes along, if it goes along one; `is_short`: it ends after some rows; `whom` is
    the person whom all of it is about. `is_once`: each resource is found once, along an index of one person's that
    holds times and no ids.
    """

    source: str
    wheres: Sequence[str]
    alias: str
    left: Sequence[Clause]
    table: str = ""
    is_short: bool = False
    whom: str = ""
    is_once: bool = False


class Finder:
    """Chooses the way of one query; values are bound as it goes.

    `of` is an alias, where the query is part of a greater one, whose `s`, `p` and `q` are the shard, id and number
    of its person;
    `at` one whose `s` and `d` are the shard and id of the only row that is asked about.
    """

    def __init__(self, query: Query, frame: Frame, bind: Bind, of: str = "", at: str = "") -> None:
        self._query = query
        self._frame = frame
        self._bind = bind
        self._of = of
        self._at = at
        self._type = resource_number(query.type)

    def way(
        self, *, by_time: bool, window: Callable[[], Window] | None = None, each: bool = False, among: str = ""
    ) -> Way | Refusal:
        """The way in, `by_time` when the order is that of the indexes; a list's rows are cut to `window` early.

        `each`: people and values are always looked for one by one, as a list is; so are people `among` whom one looks,
        rows `k` like those of `_people`.
        """
        left = list(self._query.clauses)
        if self._at:
            row = [f"r.shard = {self._at}.s", f"r.type = {self._type}", f"r.id = {self._at}.d"]
            return Way("resource r", row, "r", left)
        if self._of:
            return self._along(left, (), self._take_driver(left, 1))
        named = _first(left, lambda one: one.parameter.code == "_id" and not one.modifier)
        if named is not None:
            return Way(self._by_id(named), (), "r", left)
        if among:
            return self._among(among, left, window)
        persons = self._take_persons(left)
        driver = self._take_driver(left, len(persons)) if by_time or len(persons) > 1 else None
        if len(persons) < 2 and (driver is None or (len(driver.values) == 1 and not each)):
            return self._along(left, persons, driver)
        assert not (each and left), "what is looked for one by one takes no further conditions"
        if driver is None:
            return Way(self._of_persons(self._people(persons)), (), "r", left)
        table = TABLE[driver.parameter.type]
        people = self._people(persons) if persons else ""
        rows = self._of_values(people, driver, None if left else window, each=each)
        return Way(rows, (), "d", left, table)

    def is_walk(self) -> bool:
        """Whether all of a type, or of one code, are gone through in their order."""
        left = list(self._query.clauses)
        if any(one.parameter.code == "_id" or persons_of(self._query.type, one) for one in left):
            return False
        driver = self._take_driver(left, 0)
        return driver is None or (is_sought(driver.parameter) and len(driver.values) == 1)

    def walk(self, window: Window) -> str | Refusal:
        """The rows of such a walk that `window` takes, before they are held against anything."""
        return self._walk(self._take_driver(list(self._query.clauses), 0), window)

    def walked(self, window: Window) -> Way | Refusal:
        """The way along such a walk and no further."""
        left = list(self._query.clauses)
        driver = self._take_driver(left, 0)
        rows = self._walk(driver, window)
        if isinstance(rows, Refusal):
            return rows
        if driver is None:
            return Way(f"({rows}) AS r", (), "r", left, is_short=True)
        return Way(f"({rows}) AS d {_RESOURCE}", (), "d", left, TABLE[driver.parameter.type], is_short=True)

    def _walk(self, driver: Clause | None, window: Window) -> str | Refusal:
        inside = [f"y.type = {self._type}", window.beyond or "true"]
        if driver is None:
            return f"SELECT y.* FROM resource y WHERE {' AND '.join(inside)} AND NOT y.deleted {window.order}"
        match = condition(driver, "y", self._bind, self._frame.now, self._frame.base)
        if isinstance(match, Refusal):
            return match
        inside += [self._belongs(driver, "y"), match]
        return f"SELECT y.* FROM {TABLE[driver.parameter.type]} y WHERE {' AND '.join(inside)} {window.order}"

    def _among(self, people: str, left: list[Clause], window: Callable[[], Window] | None) -> Way:
        """What such a walk comes to, with a range of an index for each of these people."""
        driver = self._take_driver(left, 2)
        page = None if left else window
        if driver is None:
            return Way(self._of_persons(people, page), (), "r", left)
        return Way(self._of_values(people, driver, page), (), "d", left, TABLE[driver.parameter.type])

    def _take_persons(self, left: list[Clause]) -> tuple[str, ...]:
        if self._frame.is_system and self._query.type in ABOUT_SEVERAL:
            return ()
        clause = _first(left, lambda one: bool(persons_of(self._query.type, one)))
        return tuple(dict.fromkeys(persons_of(self._query.type, clause))) if clause else ()

    def _take_driver(self, left: list[Clause], persons: int) -> Clause | None:
        """The clause whose index is walked: identifier, then reference, then code; with people, code first.

        Among codes those that divide what there is into few kinds come last.
        """
        may = [one for one in left if self._drives(one, persons)]
        order = ("token", "uri", "reference") if persons else ("reference", "uri", "token")
        may.sort(
            key=lambda one: (
                one.parameter.code != "identifier",
                order.index(one.parameter.type),
                _is_broad(one.parameter),
            )
        )
        if may:
            left.remove(may[0])
        return may[0] if may else None

    def _drives(self, clause: Clause, persons: int) -> bool:
        kind, many = clause.parameter.type, len(clause.values) > 1
        if clause.modifier or not clause.values or clause.parameter.code in ("_id", "_lastUpdated", *COMBINED):
            return False
        if kind == "reference":
            return persons < 2
        if persons and clause.parameter.code != "identifier" and not is_sought(clause.parameter):
            return False
        if kind not in ("token", "uri") or any(kind == "token" and value.endswith("|") for value in clause.values):
            return False
        return persons > 0 if many else True

    def _by_id(self, clause: Clause) -> str:
        ids = sorted({unescape(value) for value in clause.values})
        shards = self._bind([self._frame.mint.shard(id) for id in ids], "smallint[]")
        keys = f"SELECT s, {self._type}, d FROM unnest({shards}, {self._bind(ids, 'text[]')}) AS n(s, d)"
        return f"({located(keys)}) AS k(s, t, d) {RESOURCES}"

    def _along(self, left: list[Clause], persons: tuple[str, ...], driver: Clause | None) -> Way | Refusal:
        """One range of one index, in order."""
        source, alias, table, wheres = "resource r", "r", "", [] if driver else [f"r.type = {self._type}"]
        if driver is not None:
            alias, table = "d", TABLE[driver.parameter.type]
            source = f"{table} d {_RESOURCE}"
            match = self._match(driver, persons)
            if isinstance(match, Refusal):
                return match
            wheres += [f"d.type = {self._type}", self._belongs(driver, "d"), match]
        if persons:
            shard = self._bind(person_shard(persons[0], self._frame.mint), "smallint")
            wheres += self._own(driver, self._bind(persons[0], "text"), shard)
        elif self._of:
            wheres += self._own(driver, f"{self._of}.p", f"{self._of}.s", f"{self._of}.q")
        is_once = bool(persons) and (driver is None or is_sought(driver.parameter))
        return Way(source, wheres, alias, left, table, whom=persons[0] if persons else "", is_once=is_once)

    def _match(self, driver: Clause, persons: Sequence[str]) -> str | Refusal:
        frame = self._frame
        if is_sought(driver.parameter) and (persons or self._of):
            return sought(driver, "d", self._bind, frame.now, frame.base)
        return condition(driver, "d", self._bind, frame.now, frame.base)

    def _belongs(self, driver: Clause, alias: str) -> str:
        """That a row of the driver's index table is one of its parameter."""
        if driver.parameter.type == "reference":
            return of_reference(alias, self._query.type, driver.parameter)
        return f"{alias}.param = {driver.parameter.number}"

    def _own(self, driver: Clause | None, person: str, shard: str, number: str = "") -> list[str]:
        """That a row `r`, and a row `d` of the driver's index table, belong to a person."""
        if driver is None:
            return [f"r.person = {person}", f"r.shard = {shard}"]
        of_value = self._among_own(driver, number or f"hashtextextended({person}, 0)", shard)
        return [*of_value, f"r.shard = {shard}", f"r.person {SAME} {person}"]

    def _among_own(self, driver: Clause, person_key: str, shard: str, alias: str = "d") -> list[str]:
        """That a row of the driver's index table belongs to a person."""
        sought = [f"{alias}.sought"] if is_sought(driver.parameter) else []
        return [f"{alias}.person_key = {person_key}", f"{alias}.shard = {shard}", *sought]

    def _people(self, persons: Sequence[str]) -> str:
        shards = self._bind([person_shard(one, self._frame.mint) for one in persons], "smallint[]")
        people = f"unnest({shards}, {self._bind(list(persons), 'text[]')}) AS n(s, p)"
        return f"(SELECT s, p, hashtextextended(p, 0) FROM {people} OFFSET 0) AS k(s, p, q)"

    def _of_persons(self, people: str, window: Callable[[], Window] | None = None) -> str:
        rows = f"""SELECT y.* FROM resource y
                WHERE y.shard = k.s AND y.type = {self._type} AND y.person = k.p AND NOT y.deleted"""
        if window is None:
            return f"{people} CROSS JOIN LATERAL ({rows} OFFSET 0) AS r"
        page = window()
        beyond = f"AND {page.beyond}" if page.beyond else ""
        near = first_in_time(f"{rows} {beyond} AND {self._frame.fence.exists('y')}", "y", str(page.most), page.way)
        return f"{people} CROSS JOIN LATERAL ({near}) AS r"

    def _of_values(
        self, people: str, driver: Clause, window: Callable[[], Window] | None, *, each: bool = False
    ) -> str:
        """A range of the index for each person and value; what a page does not reach is not read.

        The resources are looked at of the page alone, unless `each` of those ranges is a page.
        """
        table = TABLE[driver.parameter.type]
        looks = [people] if people else []
        looks.append(points(driver, self._bind, self._frame.base))
        is_once = bool(people) and is_sought(driver.parameter)
        same = "y.code_key = v.key AND y.code = v.text AND (v.kin IS NULL OR y.system_key = v.kin"
        same += f" OR {beside('y', 'e.system_key = v.kin')})" if is_once else ")"
        if table == "reference":
            same = "y.target_key = v.key AND y.target = v.text AND (v.kin IS NULL OR y.target_type = v.kin)"
        whose = self._among_own(driver, "k.q", "k.s", "y") if people else ()
        inside = " AND ".join([f"y.type = {self._type} AND {self._belongs(driver, 'y')} AND {same}", *whose])
        about = f"AND z.person {SAME} k.p" if people else ""
        if window is None:
            found = f"{_crossed(looks)} (SELECT y.* FROM {table} y WHERE {inside} OFFSET 0) AS d"
        else:
            page = window()
            beyond = f"AND {page.beyond}" if page.beyond else ""
            once = "SELECT DISTINCT ON (y.at, y.id) y.*"
            of_page = f"FROM {table} y WHERE {inside} {beyond} AND {self._frame.fence.exists('y', table)}"
            near = f"{once} {of_page} {page.order}"
            if is_once:
                near = first_in_time(f"SELECT y.* {of_page}", "y", str(page.most), page.way)
            found = f"{_crossed(looks)} ({near}) AS "
            if each:
                found += "d"
            else:
                found = f"({once}{', k.p AS whose' if people else ''} FROM {found} y {page.order}) AS d"
                about = about.replace("k.p", "d.whose")
        return f"""{found} CROSS JOIN LATERAL (
                SELECT z.* FROM resource z
                WHERE z.shard = d.shard AND z.type = {self._type} AND z.id = d.id {about} OFFSET 0
            ) AS r"""


def _crossed(looks: Sequence[str]) -> str:
    return f"{' CROSS JOIN '.join(looks)} CROSS JOIN LATERAL"


def _first(clauses: list[Clause], fits: Callable[[Clause], bool]) -> Clause | None:
    """The first clause that fits, taken out of the list."""
    found = next((one for one in clauses if fits(one)), None)
    if found is not None:
        clauses.remove(found)
    return found


def _is_broad(parameter: SearchParameter) -> bool:
    """Whether its codes are few for all there is: kinds, states (codes that need no system), labels."""
    code = parameter.code
    return code == "category" or code.startswith("_") or bool(implied_systems(parameter.base, code))


def persons_of(type_name: str, clause: Clause) -> tuple[str, ...]:
    """The Patient ids when the clause decides whom resources of this type are about, and names nothing but Patients."""
    if clause.parameter.code not in SUBJECTS or clause.modifier not in ("", "Patient"):
        return ()
    ids = [_person(clause, unescape(value)) for value in clause.values]
    return tuple(one for one in ids if one) if all(ids) else ()


def _person(clause: Clause, value: str) -> str | None:
    kind, slash, rest = value.partition("/")
    if slash:
        return rest if kind == "Patient" and "/" not in rest else None
    patient_only = "Patient" in (clause.parameter.code.capitalize(), clause.modifier)
    return kind if patient_only and ":" not in kind else None
