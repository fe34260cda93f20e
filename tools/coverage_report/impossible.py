"""The list of what no program can run: read, and held against what ran.

    because REASON     in one line, of all that follows until the next
    in FILE FUNCTION
    line TEXT          the line never runs
    true CONDITION     it never comes out true, so it never decides alone
    false CONDITION    the same with false
    never CONDITION    it is never asked
    alone CONDITION    it comes out both ways, but never decides alone
    all                nothing of the function runs

A line of nothing but a brace goes with the line before it. TEXT and CONDITION
are of the source, with single spaces. All places of the
function with that text are meant, or with `#N ` before it only the Nth.
Blank lines and those that begin with "#" say nothing.
"""

import dataclasses
import re

from coverage_report.profile import BRANCH, CONDITION, LINE, Refusal

WORDS = ("line", "true", "false", "never", "alone", "all")


@dataclasses.dataclass
class Entry:
    """One line of the list."""

    where: str  # in the list: file and line
    reason: str
    file: str
    function: str
    word: str
    text: str
    nth: int  # from 1; 0: all

    def __str__(self):
        text = f"{self.word} {self.text}".rstrip()
        return f"{self.where}: {self.file} {self.function}: {text}"


def read(path):
    """The entries of the list."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{path}: {error}") from error
    entries = []
    reason = place = None
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        word, _, rest = line.strip().partition(" ")
        rest = " ".join(rest.split())
        if word == "" or word.startswith("#"):
            continue
        if word == "because" and rest:
            reason, place = rest, None
        elif word == "in" and len(rest.split()) == 2 and reason:
            place = rest.split()
        elif word in WORDS and place and (rest != "") == (word != "all"):
            entries.append(_entry(where, reason, place, word, rest))
        else:
            raise Refusal(f"{where}: not an entry, or no 'because' and 'in' "
                          f"before it: {line.strip()}")
    return entries


def _entry(where, reason, place, word, rest):
    nth = re.match(r"#([1-9]\d*) (.+)", rest)
    return Entry(where, reason, *place, word, nth.group(2) if nth else rest,
                 int(nth.group(1)) if nth else 0)


def explain(items, entries):
    """Mark what the entries explain. Returns what is wrong with them, a line
    each: what they name ran, or is not in the source."""
    functions = {}
    for item in items:
        functions.setdefault((item.file, item.function), []).append(item)
    complaints = []
    for entry in entries:
        of_function = functions.get((entry.file, entry.function), [])
        meant = _meant(entry, of_function)
        if not meant:
            complaints.append(f"{entry}: no such place in the source")
        for item in meant:
            if not item.reached:
                item.reason = item.reason or entry.reason
            elif item.kind != CONDITION or entry.word == "alone":
                complaints.append(f"{entry}: listed as impossible but reached,"
                                  f" line {item.line}")
    _explain_braces(items)
    return complaints


def _explain_braces(items):
    """Give lines of a brace the reason of the line before."""
    before = None
    for item in items:
        if item.kind == LINE:
            if item.text in ("{", "}") and not item.reached and before and \
                    before.function == item.function:
                item.reason = item.reason or before.reason
            before = item


def _meant(entry, of_function):
    """The items that an entry is about: none when there are none at all."""
    if entry.word == "all":
        return of_function
    kinds = {"line": (LINE,), "alone": (CONDITION,)}.get(
        entry.word, (BRANCH, CONDITION))
    sides = {"true": ("true", ""), "false": ("false", "")}.get(entry.word)
    meant = [item for item in of_function
             if item.kind in kinds and item.text == entry.text
             and (sides is None or item.side in sides)]
    if entry.nth:
        places = sorted({(item.line, item.column) for item in meant})
        chosen = places[entry.nth - 1:entry.nth]
        meant = [i for i in meant if [(i.line, i.column)] == chosen]
    return meant
