"""Web pages -> blocks.  Parsed and never shown: no script runs and nothing is fetched.

What a page hides is left out.  It is taken as it shows itself without a connection: its
own style sheets count, those elsewhere do not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from lxml import etree

from core.reading.flow import Block, Flow
from core.reading.kinds import NotRead
from core.reading.numbering import numeral
from core.reading.plain_text import decoded, one_line, tidy
from core.reading.sentences import CELLS

# An element inside an element inside ...: nobody writes a page like that, and each level costs.
DEEPEST = 1000
# Rules and elements of a page, beyond which no style is worked out: they would cost more than they tell.
MOST_RULES = 20_000
# Text smaller than this many pixels (4 pt) cannot be read.
SMALLEST = 5.3
# A cell that holds more than this is a part of the page's layout, not of a table.
LONGEST_CELL = 2000

_UNSEEN = frozenset(
    "head script style template noscript iframe object embed svg canvas audio video map datalist option select "
    "input meta link title applet frameset noframes".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "header hgroup hr html legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul "
    "caption h1 h2 h3 h4 h5 h6".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CLAIM = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_CLAIM = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def read_web_page(data: bytes) -> Flow:
    """What a web page says.  NotRead when it cannot be parsed or is no text."""
    head = data[:4096]
    claim = _CLAIM.search(head) or _XML_CLAIM.search(head)
    text, whole = decoded(data, claim.group(1).decode("ascii", "replace") if claim else "")
    flow = blocks_of(_XML_DECLARATION.sub("", text))
    return flow if whole else replace(flow, problem="reading_characters_lost")


def blocks_of(page: str) -> Flow:
    """The blocks of a page given as text.  NotRead when it cannot be parsed."""
    # Encoded again, since a parser that is given text believes what the page says of its own encoding.
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(page.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        root = None
    if root is None:
        raise NotRead("reading_no_words")
    styles = _Styles(_own_rules(root))
    walk = _Walk(styles)
    walk.go(root, _Look())
    if walk.blocks and (unseen := styles.take_unseen()):
        walk.blocks[-1] = replace(walk.blocks[-1], hidden=walk.blocks[-1].hidden + unseen)
    title = root.find(".//title")
    words = one_line("".join(title.itertext())) if title is not None else ""
    problem = "reading_too_deep" if walk.too_deep else ""
    return Flow(tuple(walk.blocks), {"title": words[:500]} if words else {}, problem, f"lxml {version('lxml')}")


# -- walking


@dataclass(slots=True)
class _Look:
    """How text shows where it stands.  Colours are #rrggbb as numbers; None for one that nobody knows."""

    hidden: bool = False  # not there at all, as menus are that open
    invisible: bool = False
    deceptive: bool = False  # there, and nobody can see it
    size: float = 16.0
    colour: int | None = 0x000000
    ground: int | None = 0xFFFFFF
    kept: bool = False  # line breaks and spaces stand as they are written

    @property
    def seen(self) -> bool:
        """Whether a person could read it."""
        return not (self.hidden or self.invisible or self.covered)

    @property
    def covered(self) -> bool:
        """Whether it is there, and still nobody could read it."""
        if self.deceptive or self.size < SMALLEST:
            return True
        return not (self.colour is None or self.ground is None or not _alike(self.colour, self.ground))


@dataclass(slots=True)
class _List:
    ordered: bool
    next: int
    form: str
    begun: bool = False


class _Walk:
    """Goes through the elements in order, without recursion, and gathers the blocks."""

    def __init__(self, styles: _Styles, *, inside: bool = False) -> None:
        self._inside = inside  # a cell of a table
        self.blocks: list[Block] = []
        self.too_deep = False
        self._styles = styles
        self._run: list[str] = []
        self._kept = False  # the lines of what is gathered stand as they are written
        self._close = False  # the next block stands in the line below the one before
        self._lists: list[_List] = []
        self._marker = ""
        self._level = 0

    def go(self, root: Any, above: _Look) -> None:
        """Everything in ``root``, which stands inside something that looks like ``above``."""
        # (element, look around it, whether it is entered or left, depth)
        waiting: list[tuple[Any, _Look, bool, int]] = [(root, above, True, 0)]
        while waiting:
            element, look, entering, depth = waiting.pop()
            if not entering:
                self._leave(element)
            elif isinstance(element.tag, str):
                inner = self._styles.look(element, look)
                self.too_deep |= depth > DEEPEST
                if element.tag not in _UNSEEN and not inner.hidden and depth <= DEEPEST:
                    if element.tag == "table" and (rows := _rows_of(element, inner, self._styles)) is not None:
                        self._add_rows(rows)
                    else:
                        self._enter(element)
                        self._say(element.text, inner)
                        waiting.append((element, look, False, depth))
                        waiting.extend((child, inner, True, depth + 1) for child in reversed(element))
                        continue
            if element is not root:
                self._say(element.tail, look)
        self._end()

    def _unseen(self) -> int:
        # A cell leaves it to the row, and the row to its table.
        return 0 if self._inside else self._styles.take_unseen()

    def _add_rows(self, rows: Sequence[str]) -> None:
        self._end()
        unseen = self._styles.take_unseen() if rows else 0
        self.blocks += [Block(row, 0, at > 0, 0 if at else unseen) for at, row in enumerate(rows)]
        self._close = False

    def _enter(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._end()
        if tag in _HEADINGS:
            self._level = _HEADINGS[tag]
        elif tag in ("ol", "ul", "menu"):
            self._lists.append(_List(tag == "ol", _number(element.get("start"), 1), element.get("type") or "1"))
        elif tag == "li":
            self._close = len(self._lists) > 1 or any(here.begun for here in self._lists)
            self._marker = self._item(element)
        elif tag == "dd":
            self._close = True
        elif tag == "br":
            self._run.append("\n")
        elif tag == "sup":
            self._run.append("\x0e" if not _leads_to_note(element) else "\x10")

    def _leave(self, element: Any) -> None:
        tag = element.tag
        if tag == "sup":
            self._raise()
        if tag in _BLOCKS:
            self._end()
        if tag in _HEADINGS:
            self._level = 0
        elif tag in ("ol", "ul", "menu") and self._lists:
            self._lists.pop()
            self._close = False
        elif tag == "li":
            self._marker = ""

    def _item(self, element: Any) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        if self._lists:
            self._lists[-1].begun = True
        if not self._lists or not self._lists[-1].ordered:
            return f"{indent}• "
        here = self._lists[-1]
        number = _number(element.get("value"), here.next)
        here.next = number + 1
        return f"{indent}{numeral(number, _FORMS.get(here.form, 'decimal'))}. "

    def _raise(self) -> None:
        """What stood in a <sup>: 10³, not 103; and a note's mark in brackets of its own."""
        at = max((i for i, part in enumerate(self._run) if part in ("\x0e", "\x10")), default=-1)
        if at < 0:
            return
        note = self._run[at] == "\x10"
        text = "".join(self._run[at + 1 :])
        words = text.strip().strip("[]")
        if note and words and len(words) <= 4:
            text = f"[^{words}]"
        elif words and not words.strip("0123456789+-−()n"):
            text = words.translate(_RAISED)
        self._run[at:] = [text]

    def _say(self, text: str | None, look: _Look) -> None:
        if text and not look.seen:
            self._styles.unseen += len("".join(text.split())) if not (look.hidden or look.invisible) else 0
        elif text:
            self._kept |= look.kept and "\n" in text
            self._run.append(text if look.kept else _SPACE.sub(" ", text))

    def _end(self) -> None:
        """The text so far is a block."""
        text = tidy("".join(part for part in self._run if part not in ("\x0e", "\x10")))
        kept, self._run, self._kept = self._kept, [], False
        if not kept:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip("\n")
        if not text.strip():
            return
        if self._level:
            self.blocks.append(Block(" ".join(text.split()), self._level, hidden=self._unseen()))
        else:
            close = self._close and bool(self.blocks)
            self.blocks.append(Block(self._marker + text, 0, close, self._unseen()))
        self._close = bool(self._lists)
        self._marker = ""


def _rows_of(table: Any, look: _Look, styles: _Styles) -> list[str] | None:
    """The rows of a table, cell after cell; None for one that only lays out a page.

    A cell that reaches over several rows is said in each, so that no figure loses its label.
    """
    if next(table.iter("h1", "h2", "h3", "h4", "h5", "h6"), None) is not None:
        return None
    if any(inner is not table for inner in table.iter("table")):
        return None
    rows: list[str] = []
    spans: dict[int, tuple[int, str]] = {}  # column -> (rows left, text)
    looks = {table: look}
    for caption in table.iter("caption"):
        rows += [text] if (text := _cell(caption, look, styles)) else []
    for row in table.iter("tr"):
        above = _look_of(row, looks, styles)
        if above.hidden:
            continue
        cells: list[str] = []
        column = 0
        for cell in row.iterchildren("td", "th"):
            column = _carried(cells, spans, column)
            text = _cell(cell, above, styles)
            if len(text) > LONGEST_CELL:
                return None
            down = min(_number(cell.get("rowspan"), 1), 1000)
            if down > 1:
                spans[column] = (down - 1, text)
            cells.append(text)
            column += min(max(1, _number(cell.get("colspan"), 1)), 1000)
        _carried(cells, spans, column)
        while cells and not cells[-1]:
            cells.pop()
        if any(cells):
            rows.append(CELLS.join(cells) if len(cells) > 1 else cells[0])
    return rows


def _carried(cells: list[str], spans: dict[int, tuple[int, str]], column: int) -> int:
    """Say the cells from above that reach down to here; the next column of its own."""
    while column in spans:
        left, text = spans[column]
        cells.append(text)
        if left > 1:
            spans[column] = (left - 1, text)
        else:
            del spans[column]
        column += 1
    return column


def _look_of(element: Any, looks: dict[Any, _Look], styles: _Styles) -> _Look:
    missing = []
    while element not in looks:
        missing.append(element)
        element = element.getparent()
    look = looks[element]
    for inner in reversed(missing):
        look = looks[inner] = styles.look(inner, look)
    return look


def _cell(cell: Any, look: _Look, styles: _Styles) -> str:
    walk = _Walk(styles, inside=True)
    walk.go(cell, look)
    return " ".join(" ".join(block.text.split()) for block in walk.blocks)


# -- lists and numbers


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int((text or "").strip())
    except ValueError:
        return otherwise


def _leads_to_note(element: Any) -> bool:
    link = next(element.iter("a"), None)
    above = element.getparent()
    if link is None and above is not None and above.tag == "a":
        link = above
    return link is not None and (link.get("href") or "").startswith("#")


# -- what is hidden

_BRACE = re.compile(r"[{}]")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_HIDING = ("display", "visibility", "opacity", "font-size", "color", "background", "background-color", "position",
           "left", "top", "text-indent", "clip", "clip-path", "white-space")  # fmt: skip
_COMPOUND = re.compile(r"(?:[a-zA-Z][\w-]*|\*)?(?:[.#][\w-]+)*")
_COLOURS = {
    "white": 0xFFFFFF, "black": 0x000000, "red": 0xFF0000, "green": 0x008000, "blue": 0x0000FF, "yellow": 0xFFFF00,
    "gray": 0x808080, "grey": 0x808080, "silver": 0xC0C0C0, "navy": 0x000080, "maroon": 0x800000, "snow": 0xFFFAFA,
    "ivory": 0xFFFFF0, "whitesmoke": 0xF5F5F5, "ghostwhite": 0xF8F8FF,
}  # fmt: skip
_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}
_PIXELS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78}


@dataclass(frozen=True, slots=True)
class _Rule:
    """Declarations for elements that match ``path``: compounds, the innermost first, and whether each is the parent."""

    path: tuple[tuple[str, bool], ...]
    said: Mapping[str, str]
    weight: tuple[int, ...]  # important or not, ids, classes, names of elements, place in the sheet


class _Styles:
    """How the page's own style sheets, and what stands at an element itself, make text look."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        self.unseen = 0  # characters that nobody can see, since they were last asked for
        self._by_key: defaultdict[str, list[_Rule]] = defaultdict(list)
        for rule in rules[:MOST_RULES]:
            self._by_key[_key(rule.path[0][0])].append(rule)

    def take_unseen(self) -> int:
        """How many characters nobody can see were met since this was last asked."""
        count, self.unseen = self.unseen, 0
        return count

    def look(self, element: Any, above: _Look) -> _Look:
        """How text in ``element`` looks, inside something that looks like ``above``."""
        said = self._said(element)
        look = replace(above)
        if element.tag in ("pre", "textarea"):
            look.kept = True
        if element.get("hidden") is not None and element.get("hidden") != "until-found":
            said.setdefault("display", "none")
        if not said:
            return look
        if "display" in said:
            look.hidden = above.hidden or said["display"] == "none"
        if "visibility" in said:
            look.invisible = said["visibility"] in ("hidden", "collapse")
        if "white-space" in said:
            look.kept = said["white-space"].startswith("pre")
        if "font-size" in said:
            look.size = _size(said["font-size"], above.size)
        if (opacity := _share(said.get("opacity", ""))) is not None and opacity < 0.05:
            look.deceptive = True
        if "color" in said:
            colour = _colour(said["color"])
            look.colour = above.colour if said["color"] in ("inherit", "currentcolor") else colour
            if _transparent(said["color"]):
                look.deceptive = True
        for name in ("background", "background-color"):
            if name in said and not _transparent(said[name]) and said[name] not in ("none", "inherit", ""):
                look.ground = _ground(said[name])
        if _off_the_page(said):
            look.deceptive = True
        return look

    def _said(self, element: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        keys = [element.tag, "*", *(f".{name}" for name in (element.get("class") or "").split())]
        if element.get("id"):
            keys.append(f"#{element.get('id')}")
        rules = [rule for key in dict.fromkeys(keys) for rule in self._by_key.get(key, ())]
        for rule in sorted((rule for rule in rules if _matches(element, rule.path)), key=lambda rule: rule.weight):
            found.update(rule.said)
        if element.get("bgcolor"):
            found["background"] = element.get("bgcolor").strip().lower()
        if element.tag == "font" and element.get("color"):
            found["color"] = element.get("color").strip().lower()
        if element.get("style"):
            own, important = _declared(element.get("style"))
            found.update(own)
            found.update(important)
        return found


def _own_rules(root: Any) -> list[_Rule]:
    rules: list[_Rule] = []
    for sheet in root.iter("style"):
        media = (sheet.get("media") or "all").lower()
        if media and not any(word in media for word in ("all", "screen")):
            continue
        rules += _rules(_COMMENT.sub(" ", "".join(sheet.itertext())))
        if len(rules) > MOST_RULES:
            break
    return rules


def _rules(sheet: str) -> Iterator[_Rule]:
    """The rules for every screen; those of a printer, of a narrow window or of a state are not how a page is read."""
    at, number = 0, 0
    while (opening := sheet.find("{", at)) >= 0:
        head = sheet[at:opening].rsplit(";", 1)[-1].rsplit("}", 1)[-1].strip()
        if head.startswith("@"):
            inside = re.fullmatch(r"@media\s+(?:only\s+)?(?:all|screen)", head.lower())
            at = opening + 1 if inside else _closing(sheet, opening)
            continue
        closing = sheet.find("}", opening)
        closing = len(sheet) if closing < 0 else closing
        own, important = _declared(sheet[opening + 1 : closing])
        at = closing + 1
        if not own and not important:
            continue
        for selector in head.split(","):
            path = _path(selector.strip())
            if path is None:
                continue
            number += 1
            text = "".join(compound for compound, _ in path)
            weight = (text.count("#"), text.count("."), sum(c[:1].isalpha() for c, _ in path), number)
            if own:
                yield _Rule(path, own, (0, *weight))
            if important:
                yield _Rule(path, important, (1, *weight))


def _closing(sheet: str, opening: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(sheet, opening):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.end()
    return len(sheet)


def _declared(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The declarations that may hide something: ordinary ones, and important ones."""
    own: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in text.split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip().lower()
        if name not in _HIDING:
            continue
        if value.endswith("!important"):
            important[name] = value.removesuffix("!important").strip()
        else:
            own[name] = value
    return own, important


def _path(selector: str) -> tuple[tuple[str, bool], ...] | None:
    """A selector as its compounds, the innermost first; None for one with states, attributes or siblings."""
    if not selector or re.search(r"[:\[+~()\\]", selector) or len(selector) > 300:
        return None
    path: list[tuple[str, bool]] = []
    child = False
    for part in reversed(re.sub(r"\s*>\s*", " > ", selector).split()):
        if part == ">":
            child = True
        elif _COMPOUND.fullmatch(part):
            path.append((part, child))
            child = False
        else:
            return None
    return tuple(path) if path and path[0][0] != ">" else None


def _key(compound: str) -> str:
    """By what an element finds the rules that may be for it."""
    if match := re.search(r"#[\w-]+", compound):
        return match.group()
    if match := re.search(r"\.[\w-]+", compound):
        return match.group()
    return compound.lower() or "*"


def _matches(element: Any, path: Sequence[tuple[str, bool]]) -> bool:
    if not _is(element, path[0][0]):
        return False
    here = element
    for compound, parent in path[1:]:
        here = here.getparent()
        while here is not None and not _is(here, compound):
            if parent:
                return False
            here = here.getparent()
        if here is None:
            return False
    return True


def _is(element: Any, compound: str) -> bool:
    if not isinstance(element.tag, str):
        return False
    tag = re.match(r"[\w*-]*", compound)
    if tag and tag.group() not in ("", "*") and tag.group().lower() != element.tag:
        return False
    classes = (element.get("class") or "").split()
    return all(name in classes for name in re.findall(r"\.([\w-]+)", compound)) and all(
        name == element.get("id") for name in re.findall(r"#([\w-]+)", compound)
    )


def _size(value: str, above: float) -> float:
    if value in _SIZES:
        return _SIZES[value]
    match = re.match(r"([\d.]*\d)\s*([a-z%]*)", value)
    if match is None:
        return above
    number, unit = float(match.group(1)), match.group(2)
    if unit in _PIXELS:
        return number * _PIXELS[unit]
    if unit == "%":
        return number / 100 * above
    if unit in ("em", "ex"):
        return number * above
    if unit == "rem":
        return number * 16
    return number if number == 0 else above


def _share(value: str) -> float | None:
    match = re.fullmatch(r"([\d.]*\d)\s*(%?)", value)
    if match is None:
        return None
    return float(match.group(1)) / (100 if match.group(2) else 1)


def _colour(value: str) -> int | None:
    if value in _COLOURS:
        return _COLOURS[value]
    if match := re.match(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", value):
        digits = match.group(1)
        return int(digits if len(digits) == 6 else "".join(2 * digit for digit in digits), 16)
    if match := re.match(r"#([0-9a-f]{6})[0-9a-f]{2}", value):
        return int(match.group(1), 16)
    if match := re.match(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})", value):
        red, green, blue = (min(255, int(part)) for part in match.groups())
        return red << 16 | green << 8 | blue
    return None


def _ground(value: str) -> int | None:
    """The colour behind text; None behind a picture."""
    if "url(" in value or "gradient" in value:
        return None
    for part in re.findall(r"rgba?\([^)]*\)|\S+", value):
        if (colour := _colour(part)) is not None:
            return colour
    return None


def _transparent(value: str) -> bool:
    alpha = re.match(r"rgba\([^)]*[,/]\s*([\d.]+%?)\s*\)", value)
    share = _share(alpha.group(1)) if alpha else None
    return value == "transparent" or (share is not None and share < 0.05)


def _alike(one: int, other: int) -> bool:
    return all(abs((one >> shift & 0xFF) - (other >> shift & 0xFF)) <= 12 for shift in (0, 8, 16))


def _off_the_page(said: Mapping[str, str]) -> bool:
    if said.get("clip", "").replace(" ", "").startswith(("rect(0", "rect(1px,1px")):
        return said.get("position") in ("absolute", "fixed")
    if said.get("clip-path", "").replace(" ", "").startswith(("inset(50%", "inset(100%", "circle(0")):
        return True
    far = [said[name] for name in ("left", "top") if said.get("position") in ("absolute", "fixed") and name in said]
    far += [said["text-indent"]] if "text-indent" in said else []
    return any(re.match(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%|vw)", value) for value in far)
