"""What ran, from what `llvm-cov export` wrote: lines, sides of branches, and
conditions shown to decide alone (MC/DC), each at its place in the source.

A function of a header is in the export once for each file that includes it;
here it is one function, and what ran in any of them ran.
"""

import collections
import dataclasses
import json
import pathlib
import re
import typing

LINE = "lines"
BRANCH = "branches"
CONDITION = "mcdc"
KINDS = (LINE, BRANCH, CONDITION)

# Kinds of a region and of a branch, as llvm numbers them.
_MCDC_BRANCH = 6


class Refusal(Exception):
    """Why it cannot go on, in one line."""


@dataclasses.dataclass
class Item:
    """Something that runs or does not."""

    kind: str
    file: str  # from the root of the tree
    function: str
    line: int
    column: int
    text: str  # of the source: a line, or a condition
    side: str  # of a branch: "true" or "false"
    reached: bool
    counted: bool = True  # False: clang did not instrument the decision
    reason: typing.Optional[str] = None  # why it is impossible

    def place(self):
        """As compilers print places."""
        return f"{self.file}:{self.line}:{self.column}"


class _Source:
    def __init__(self, root, name):
        self.name = name
        try:
            text = (root / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(f"{name}: {error}") from error
        self.lines = text.split("\n")
        self.functions = {}  # (first line, last line) -> name

    def slice(self, start, end):
        """The text from one (line, column) to before another, in one line."""
        lines = self.lines[start[0] - 1:end[0]]
        if not lines:
            raise Refusal(f"{self.name}: the export is of another source")
        lines[-1] = lines[-1][:end[1] - 1]
        lines[0] = lines[0][start[1] - 1:]
        return " ".join(" ".join(lines).split())

    def function_at(self, line):
        """The name of the function around a line, or ""."""
        for (first, last), name in self.functions.items():
            if first <= line <= last:
                return name
        return ""

    def code(self):
        """The source with comments, literals and directives blanked."""
        text = "\n".join(self.lines)
        return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'
                      r"'(?:\\.|[^'\\])*'|^[ \t]*#(?:\\\n|[^\n])*",
                      lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                      flags=re.DOTALL | re.MULTILINE)


def read_export(path):
    """The export, when it has what is used of it."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)["data"][0]
        return {"files": data["files"], "functions": data["functions"]}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Refusal(f"{path}: not what llvm-cov exports: {error}") from error


def items_of(export, root, names):
    """All items of the files `names`, in the order of their places."""
    root = pathlib.Path(root).absolute()
    sources = {name: _Source(root, name) for name in names}
    functions = _functions(export, root, sources)
    items = []
    for file in export["files"]:
        source = sources.get(_relative(file["filename"], root))
        if source:
            items += _lines(file["segments"], source)
    for source in sources.values():
        items += _branches(functions[source.name], source)
        items += _conditions(functions[source.name], source)
    return sorted(items, key=lambda i: (i.file, i.line, i.column, i.kind,
                                        i.side))


def has_conditions(export):
    """Whether clang counted conditions at all."""
    return any(f.get("mcdc_records") for f in export["functions"])


def _relative(path, root):
    try:
        return pathlib.Path(path).relative_to(root).as_posix()
    except ValueError:
        return path


def _functions(export, root, sources):
    """The functions of each source; it learns where they are."""
    found = collections.defaultdict(list)
    for function in export["functions"]:
        source = sources.get(_relative(function["filenames"][0], root))
        if source:
            first, _, last = function["regions"][0][:3]
            source.functions[first, last] = function["name"].split(":")[-1]
            found[source.name].append(function)
    return found


def _lines(segments, source):
    """The lines with code. A segment holds until the next one; a line's count
    is that of what goes on from the line before, or the highest of what
    begins on it. [line, column, count, has a count, begins, is a gap]"""
    starting = collections.defaultdict(list)
    for segment in segments:
        starting[segment[0]].append(segment)
    going_on = None
    for number in range(1, len(source.lines) + 1):
        here = starting[number]
        begun = [s[2] for s in here if s[3] and s[4] and not s[5]]
        skipped = here and not here[0][3] and here[0][4]
        function = source.function_at(number)  # none: the text of a macro
        if function and (begun or
                         (going_on and going_on[3] and not skipped)):
            counts = begun + ([going_on[2]] if going_on else [])
            yield Item(LINE, source.name, function, number, 1,
                       " ".join(source.lines[number - 1].split()), "",
                       max(counts) > 0)
        if here:
            going_on = here[-1]


def _extent(region):
    return (region[0], region[1]), (region[2], region[3])


def _branches(functions, source):
    """Each side of each branch."""
    sides = collections.Counter()
    for function in functions:
        for branch in function["branches"]:
            if branch[6] == 0:  # not inside a macro
                place = _extent(branch)
                sides[place, "true"] += branch[4]
                sides[place, "false"] += branch[5]
    for (place, side), count in sides.items():
        (line, column), _ = place
        yield Item(BRANCH, source.name, source.function_at(line), line, column,
                   source.slice(*place), side, count > 0)


def _conditions(functions, source):
    """Each condition of each decision of more than one."""
    shown = {}
    decisions = set()
    for function in functions:
        branches = sorted(
            {_extent(b) for b in function["branches"]
             if b[6] == 0 and b[8] == _MCDC_BRANCH})
        for record in function.get("mcdc_records", ()):
            start, end = _extent(record)
            decisions.add((start, end))
            inside = [b for b in branches if start <= b[0] and b[1] <= end]
            if len(inside) != len(record[-1]):
                raise Refusal(f"{source.name}:{start[0]}: {len(inside)} "
                              f"branches for {len(record[-1])} conditions")
            for place, independent in zip(inside, record[-1]):
                shown[place] = shown.get(place, False) or independent
    uncounted = _uncounted(functions, source, decisions)
    for place in sorted(shown.keys() | uncounted):
        line, column = place[0]
        yield Item(CONDITION, source.name, source.function_at(line), line,
                   column, source.slice(*place), "", shown.get(place, False),
                   place in shown)


def _uncounted(functions, source, decisions):
    """The conditions beside an operator that is in no decision: clang leaves
    out those with another operator below a "!" or a call."""
    if not decisions:
        return set()
    branches = {_extent(b) for f in functions for b in f["branches"]
                if b[6] == 0}
    found = set()
    for number, line in enumerate(source.code().split("\n"), 1):
        for match in re.finditer(r"&&|\|\|", line):
            place = number, match.start() + 1
            if source.function_at(number) and not any(
                    start <= place < end for start, end in decisions):
                found.add(max((b for b in branches if b[1] <= place),
                              key=lambda b: b[1], default=None))
                found.add(min((b for b in branches if b[0] > place),
                              default=None))
    return found - {None}
