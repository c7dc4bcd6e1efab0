"""Who did what when: logs of real communities, and the same view of a simulated one.

A log is a CSV file (plain or gzip) with the columns contributor, date, kind and, where known,
affiliation, in any order, or one JSON object a line with these keys. It is UTF-8. Contributors are
told apart exactly as written: 007 and 7 are two, and NA is one.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import re
import reprlib
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

from sim.errors import UserError, unknown
from sim.measures import DAYS_IN_MONTH, SILENT_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]

KINDS = (
    "authored",
    "coauthored",
    "merged",
    "reviewed",
    "assisted",
    "reported",
    "tested",
    "proposal_accepted",
    "proposal_unmerged",
    "proposal_pending",
)
"""What a contributor may have done."""

AFFILIATIONS = ("company", "academic", "personal", "bot", "unknown")
"""For whom; an empty field is unknown."""

COLUMNS = ("contributor", "date", "kind", "affiliation")
REQUIRED = COLUMNS[:3]

EPOCH = date(1970, 1, 1).toordinal()

PSEUDONYM = re.compile(r"[pb][0-9a-z]{6}")
"""Ids of published logs: p for a person, b for a bot."""


@dataclass(frozen=True)
class Activity:
    """Contributions and decided proposals of people, in order of time, in days or steps.

    `person`, `time`: shape (contribution,). `proposer`, `accepted`: shape (proposal,). People are
    numbers. Observed from `start` until before `end`; a `month` is so long in the unit of time.
    """

    person: IntArray
    time: IntArray
    proposer: IntArray
    accepted: BoolArray
    start: int
    end: int
    month: float

    @property
    def silence(self) -> int:
        """Who has been silent for so long counts as gone: 90 days in the unit of time."""
        return round(SILENT_DAYS / DAYS_IN_MONTH * self.month)

    def spells(self) -> tuple[IntArray, IntArray, IntArray]:
        """Number of contributions, first and last time of each contributor, shape (person,)."""
        _, first, counts = np.unique(self.person, return_index=True, return_counts=True)
        _, last = np.unique(self.person[::-1], return_index=True)
        return counts.astype(np.int64), self.time[first], self.time[::-1][last]


@dataclass(frozen=True)
class Log:
    """Events of a real community in order of day, bots included but marked.

    `people`: ids exactly as written. `person`: place of each event's contributor in `people`;
    `day`: days since 1970-01-01; `kind`, `affiliation`, `bot`: all of shape (event,).
    `excluded`: how many events each rule took out. `notes`: what a reader should know, in words.
    """

    name: str
    sha256: str
    people: tuple[str, ...]
    person: IntArray
    day: IntArray
    kind: TextArray
    affiliation: TextArray
    bot: BoolArray
    excluded: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def first_day(self) -> date:
        """Day of the first event."""
        return date.fromordinal(int(self.day[0]) + EPOCH)

    @property
    def last_day(self) -> date:
        """Day of the last event."""
        return date.fromordinal(int(self.day[-1]) + EPOCH)

    def activity(self) -> Activity:
        """Contributions and decided proposals of people, without bots.

        Only `authored` events are contributions: a proposal and its commits are both listed.
        """
        authored = (self.kind == "authored") & ~self.bot
        accepted = self.kind == "proposal_accepted"
        decided = (accepted | (self.kind == "proposal_unmerged")) & ~self.bot
        return Activity(
            person=self.person[authored],
            time=self.day[authored],
            proposer=self.person[decided],
            accepted=accepted[decided],
            start=int(self.day[0]),
            end=int(self.day[-1]) + 1,
            month=DAYS_IN_MONTH,
        )


def from_simulation(
    events: Mapping[str, Any] | npt.NDArray[np.void],
    *,
    steps: int,
    months_per_step: float = 1.0,
    company: int | None = None,
) -> Activity:
    """Contributions and decided proposals in the event log of a run of so many steps, from 1 on.

    `events` holds the columns step, person, company, event (name or number) and value, as
    `Run.log` does. A row of submit, accept or reject stands for `value` contributions. What was
    decided first within a step is not known: the order is drawn, always the same for one log.
    With `company` (a number) only what was submitted there counts.
    """
    from sim.simulation import EVENT_NAMES

    columns = ("step", "person", "company", "event", "value")
    table = {name: np.asarray(events[name]) for name in columns}
    event = table["event"]
    if event.dtype.kind == "i":
        event = np.array(EVENT_NAMES)[event]
    for name in np.unique(event):
        if name not in EVENT_NAMES:
            raise unknown("event", name, EVENT_NAMES)
    step, person = table["step"].astype(np.int64), table["person"].astype(np.int64)
    if np.any((step < 1) | (step > steps)):
        raise UserError(f"Steps must lie in [1, {steps}], but are {step.min()} to {step.max()}")

    counted = np.isin(event, ("submit", "accept", "reject"))
    if company is not None:
        counted &= table["company"] == company
    value = table["value"][counted].astype(np.float64)
    if not np.all((value >= 1) & (value == np.floor(value))):
        raise UserError(
            "The value of submit, accept and reject must be the number of contributions, 1 or more"
        )
    rows = np.repeat(np.flatnonzero(counted), value.astype(np.int64))
    rows = np.random.default_rng(0).permutation(rows)
    rows = rows[np.argsort(step[rows], kind="stable")]
    submitted, decided = rows[event[rows] == "submit"], rows[event[rows] != "submit"]
    return Activity(
        person=person[submitted],
        time=step[submitted],
        proposer=person[decided],
        accepted=event[decided] == "accept",
        start=1,
        end=steps + 1,
        month=1 / months_per_step,
    )


def read_log(path: str | Path) -> Log:
    """Read the event log of a real community, CSV or JSON lines, plain or gzip.

    Raises UserError, with file and line, for anything that cannot be read as meant.
    """
    path = Path(path)
    stored = _stored(path)
    text = _text(stored, path)
    reader = _json_lines if text.lstrip().startswith("{") else _csv_lines
    notes: list[str] = []

    codes: dict[str, int] = {}
    days: dict[str, int] = {}
    person, day, kind, affiliation = [], [], [], []
    nameless = 0
    for line, fields in reader(text, path, notes):
        who, when, what, whose = fields
        if when not in days:
            days[when] = _day(when, path, line)
        if what not in KINDS:
            _refuse_word(path, line, "kind", what, KINDS)
        if whose and whose not in AFFILIATIONS:
            _refuse_word(path, line, "affiliation", whose, AFFILIATIONS)
        if not who:
            nameless += 1
            continue
        person.append(codes.setdefault(who, len(codes)))
        day.append(days[when])
        kind.append(what)
        affiliation.append(whose or "unknown")
    if not person:
        raise UserError(f"{path}: there are no events with a contributor in this file")

    order = np.argsort(day, kind="stable")
    if np.any(np.diff(day) < 0):
        notes.append("The events were not in order of date; they are now.")
    log_person = np.array(person, np.int64)[order]
    log_affiliation = np.array(affiliation)[order]
    bot = (log_affiliation == "bot") | _named_bots(codes, log_affiliation)[log_person]
    excluded = {"no contributor": nameless, "bot": int(bot.sum())}
    notes += [
        f"{n:,} events left out of all patterns: {rule}." for rule, n in excluded.items() if n
    ]
    return Log(
        name=_name(path),
        sha256=hashlib.sha256(stored).hexdigest(),
        people=tuple(codes),
        person=log_person,
        day=np.array(day, np.int64)[order],
        kind=np.array(kind)[order],
        affiliation=log_affiliation,
        bot=bot,
        excluded=excluded,
        notes=tuple(notes),
    )


def _name(path: Path) -> str:
    """Name of the file, the same under every locale, on one line."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "?" for character in name)


def _stored(path: Path) -> bytes:
    """Read a file as it is."""
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, beside, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UserError(f"There is no file {str(path)!r}{hint}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if not stored:
        raise UserError(f"{path}: the file is empty")
    return stored


def _text(stored: bytes, path: Path) -> str:
    """Unpack if need be and decode; a byte-order mark is no text."""
    unpacked = stored
    if stored.startswith(b"\x1f\x8b"):
        try:
            unpacked = gzip.decompress(stored)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{path}: the gzip file is damaged ({error})") from None
    try:
        return unpacked.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = unpacked.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}, line {line}: byte 0x{unpacked[error.start]:02X} at position {error.start} "
            "(counted from 0) is not UTF-8; save the file as UTF-8"
        ) from None


def _csv_lines(text: str, path: Path, notes: list[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Line number and the fields in the order of COLUMNS, for each event of a CSV file."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next((row for row in lines if row), [])
        _check_names(header, path, lines.line_num, notes)
        places = [header.index(name) if name in header else None for name in COLUMNS]
        for row in lines:
            if not row:
                continue
            if len(row) != len(header):
                _refuse(
                    path,
                    lines.line_num,
                    f"has {len(row)} fields, but the header names {len(header)} columns",
                )
            yield lines.line_num, [row[i] if i is not None else "" for i in places]
    except csv.Error as error:
        _refuse(path, lines.line_num, f"is not CSV ({error})")


def _json_lines(text: str, path: Path, notes: list[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Line number and the fields in the order of COLUMNS, for each event of a JSON lines file."""
    seen: set[tuple[str, ...]] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        event = _json_object(line, path, number)
        names = tuple(event)
        if names not in seen:
            seen.add(names)
            _check_names(names, path, number, notes)
        fields = ["" if event.get(name) is None else event[name] for name in COLUMNS]
        for name, field in zip(COLUMNS, fields, strict=True):
            if not isinstance(field, str) or not _is_text(field):
                _refuse(path, number, f"{name} must be text, but is {reprlib.repr(field)}")
        yield number, fields


def _is_text(field: str) -> bool:
    """Whether this can be written again: JSON allows half characters that no file can hold."""
    return not any("\ud800" <= character <= "\udfff" for character in field)


def _json_object(line: str, path: Path, number: int) -> dict[str, Any]:
    """Parse one object; whole numbers stay as they are written, whatever their length."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, n in Counter(name for name, _ in pairs).items():
            if n > 1:
                raise ValueError(f"{name!r} is there twice")
        return dict(pairs)

    try:
        event = json.loads(line, parse_int=str, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        _refuse(path, number, f"is not JSON ({error})")
    if not isinstance(event, dict):
        _refuse(path, number, f"must be an object such as {{...}}, but is {reprlib.repr(line)}")
    return event


def _check_names(names: Sequence[str], path: Path, line: int, notes: list[str]) -> None:
    """Check that each column is there, and once; say which others are not read."""
    for name in REQUIRED:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"; is it {near[0]!r}?" if near else "."
            _refuse(
                path,
                line,
                f"the column {name!r} is missing{hint} Needed are {', '.join(REQUIRED)} and, if "
                f"known, affiliation; got {reprlib.repr(','.join(names))}",
            )
    for name in COLUMNS:
        if list(names).count(name) > 1:
            _refuse(path, line, f"the column {name!r} is there twice; keep one")
    for name in names:
        note = f"The column {name!r} is not read."
        if name not in COLUMNS and note not in notes:
            notes.append(note)


def _day(text: str, path: Path, line: int) -> int:
    """Days since 1970-01-01."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError("not of this form")
        return date.fromisoformat(text).toordinal() - EPOCH
    except ValueError as error:
        _refuse(
            path,
            line,
            f"date must be a day such as 2024-03-31 (year-month-day), but is "
            f"{reprlib.repr(text)} ({error})",
        )


def _named_bots(people: Mapping[str, int], affiliation: TextArray) -> BoolArray:
    """Whose id says that it is a bot, shape (person,).

    `b......` means a bot only where all ids are pseudonyms and nothing tells affiliations.
    """
    silent = bool(np.all(affiliation == "unknown"))
    pseudonymous = silent and all(PSEUDONYM.fullmatch(name) for name in people)
    return np.array(
        [name.endswith("[bot]") or (pseudonymous and name[0] == "b") for name in people]
    )


def _refuse_word(path: Path, line: int, column: str, word: str, known: Sequence[str]) -> NoReturn:
    """Refuse a word that is not one of those known."""
    near = get_close_matches(word, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    _refuse(
        path,
        line,
        f"{column} is {reprlib.repr(word)}{hint} Allowed are {', '.join(known)}",
    )


def _refuse(path: Path, line: int, what: str) -> NoReturn:
    raise UserError(f"{path}, line {line}: {what}") from None
