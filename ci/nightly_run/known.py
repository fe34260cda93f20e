"""Divergences that are known: the file that names them, and what becomes of
each from night to night."""

import datetime
import pathlib
import re

from campaign.patches import Refusal
from nightly_run.workspace import read_json, write_json

_KEYS = ("signature", "target", "reason", "link", "expires", "program")


class Known:
    """An entry of the file. `line` is where it begins."""

    def __init__(self, fields, line):
        self.line = line
        self.signature = fields["signature"]
        self.target = fields["target"]
        self.reason = fields["reason"]
        self.link = fields["link"]
        self.expires = datetime.date.fromisoformat(fields["expires"])
        self.program = fields["program"]
        self.tried = False  # its own program was run tonight,
        self.shows = False  # and ended like that
        self.was_disappeared = False

    @property
    def key(self):
        """What tells findings apart."""
        return self.target, self.signature

    def is_expired(self, today):
        """On the day after the one that it names."""
        return today > self.expires


def _check(fields, line, path, root, targets):
    for key in _KEYS:
        if key not in fields:
            raise Refusal(f"{path}:{line}: this finding has no '{key}'")
    if fields["target"] not in targets:
        raise Refusal(f"{path}:{line}: unknown target '{fields['target']}'")
    if not re.fullmatch(r"https?://\S+|#[0-9]+", fields["link"]):
        raise Refusal(f"{path}:{line}: '{fields['link']}' is no link: "
                      "http..., or #NUMBER of an issue")
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", fields["expires"]):
            raise ValueError
        datetime.date.fromisoformat(fields["expires"])
    except ValueError as error:
        raise Refusal(f"{path}:{line}: '{fields['expires']}' is no date: "
                      "YEAR-MONTH-DAY") from error
    if not (root / fields["program"]).is_file():
        raise Refusal(f"{path}:{line}: there is no program "
                      f"'{fields['program']}'")


def read(path, root, targets):
    """The entries of a file. Programs are named from `root` on."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is no text"
        raise Refusal(f"{path}: {why}") from error
    entries = []
    fields, start = {}, 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        line = line.rstrip("\r")
        if line.startswith("#"):
            continue
        if line.strip():
            key, colon, value = line.partition(":")
            key, value = key.strip(), value.strip()
            if not colon or key not in _KEYS or not value:
                raise Refusal(f"{path}:{number}: this is no 'KEY: VALUE' with "
                              f"one of the keys {' '.join(_KEYS)}")
            if key in fields:
                raise Refusal(f"{path}:{number}: a second '{key}'")
            start = start if fields else number
            fields[key] = value
        elif fields:
            _check(fields, start, path, root, targets)
            entry = Known(fields, start)
            if any(e.key == entry.key for e in entries):
                raise Refusal(f"{path}:{start}: {entry.target} has "
                              f"'{entry.signature}' already")
            entries.append(entry)
            fields = {}
    return entries


class Judgement:
    """What a finding counts as, and why, for the report: new, expired, came
    back, known, gone; and of an entry also disappeared, not tried."""

    def __init__(self, standing, why):
        self.standing = standing
        self.why = why

    @property
    def is_new(self):
        """Whether it makes the night fail."""
        return self.standing in ("new", "expired", "came back")


class KnownFindings:
    """The entries, with what was true of them in earlier nights."""

    def __init__(self, entries, workspace, today):
        self.entries = entries
        self._path = workspace.known
        self._today = today
        earlier = read_json(self._path, {})
        for entry in entries:
            entry.was_disappeared = earlier.get(
                f"{entry.target} {entry.signature}") == "disappeared"

    def entry(self, target, signature):
        """What the file says of it, or None."""
        for entry in self.entries:
            if entry.key == (target, signature):
                return entry
        return None

    def signatures(self, target):
        """Known divergences that are still there: to be gone past."""
        return [e.signature for e in self.entries
                if e.target == target and e.shows]

    def judge(self, finding):
        """The standing of a finding of the store at the end of the night."""
        entry = self.entry(*finding.key)
        if finding.record["status"] == "gone":
            return Judgement("gone", "its programs do not show it any more")
        if entry is None:
            if finding.record["came_back"]:
                return Judgement("came back", "its programs had stopped "
                                 "showing it, and it is here again")
            return Judgement("new", "not in the file of known findings")
        return self.judge_entry(entry, finding)

    def judge_entry(self, entry, finding):
        """The standing of an entry; `finding` is the store's, or None."""
        seen = entry.shows or (finding is not None and finding.seen)
        if not seen and not entry.tried:
            return Judgement("not tried", "the night ended before")
        if not seen:
            return Judgement("disappeared", f"{entry.program} does not show "
                             "it any more: take it out of the file")
        if entry.is_expired(self._today):
            return Judgement("expired", f"known only up to {entry.expires}: "
                             f"{entry.reason}")
        if entry.was_disappeared or (finding and finding.record["came_back"]):
            return Judgement("came back", "it is known, and had disappeared "
                             "in an earlier night")
        if not entry.shows:
            return Judgement("known", f"{entry.reason}; {entry.program} does "
                             "not show it, other programs do")
        return Judgement("known", entry.reason)

    def save(self, findings):
        """Write what is true now. An entry that nothing was tried of tonight
        stays as it was."""
        state = read_json(self._path, {})
        for entry in self.entries:
            finding = findings.get(*entry.key)
            standing = self.judge_entry(entry, finding).standing
            if standing == "not tried":
                continue
            state[f"{entry.target} {entry.signature}"] = (
                "disappeared" if standing == "disappeared" else "present")
        write_json(self._path, state)
