"""Word documents (DOCX) -> blocks: what is seen when all changes are accepted, and the numbers that Word counts.

Deleted and moved-away text, comments, hidden and unreadably small text are left out,
and so are lists of contents, headers and footers.  Nothing is run, resolved or fetched.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lxml import etree

from core.reading.characters import from_symbol_font, is_private
from core.reading.flow import Block, Flow
from core.reading.kinds import NotRead
from core.reading.numbering import Counter, Level, roman
from core.reading.plain_text import one_line, tidy
from core.reading.sentences import CELLS

# What a part of the package may weigh when it is unpacked; a document of 1,000 pages has 20 MB.
MOST_BYTES = 64_000_000
# Half-points: text under 4 pt cannot be read.
SMALLEST = 8
LONGEST_CELL = 2000
# Styles that build on styles that build on ...
MOST_STYLES = 40

_MAIN = "word/document.xml"
_TRANSPARENT = frozenset(
    "ins moveTo hyperlink smartTag sdt sdtContent customXml fldSimple bdo dir oMath oMathPara".split()
)
_GONE = frozenset(
    "del moveFrom delText instrText delInstrText rPr pPr sdtPr sdtEndPr tblPr tblGrid trPr tcPr commentReference "
    "annotationRef object sectPr proofErr bookmarkStart bookmarkEnd rt altChunk".split()
)
_LETTERS = {"noBreakHyphen": "-", "tab": " ", "ptab": " ", "br": "\n", "cr": "\n"}
_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_HEADING = re.compile(r"(?:heading|标题|überschrift|titre)\s*([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"toc\s*\d", re.IGNORECASE)


def read_word(path: Path) -> Flow:
    """What a Word document says.  NotRead when it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as package:
            return _read(_Package(package))
    except (zipfile.BadZipFile, ValueError, OverflowError, EOFError):
        raise NotRead("reading_word_damaged") from None
    except (RuntimeError, NotImplementedError):  # encrypted, or packed in a way of its own
        raise NotRead("reading_word_password") from None


def _read(package: _Package) -> Flow:
    main = package.main()
    body = package.part(main)
    root = next((element for element in body.iter() if _name(element) == "body"), None) if body is not None else None
    if root is None:
        raise NotRead("reading_word_damaged")
    beside = {kind: package.part(target) for kind, target in package.related(main).items()}
    walk = _Walk(
        _Styles(beside.get("styles")),
        _Lists(beside.get("numbering")),
        _notes(beside.get("footnotes")),
        _notes(beside.get("endnotes")),
    )
    blocks = walk.document(root)
    metadata = {name: words for name, words in package.properties().items() if words}
    if walk.title and "title" not in metadata:
        metadata["title"] = walk.title
    problem = ""
    if package.damaged:
        problem = "reading_word_cut_off" if main in package.damaged else "reading_word_parts"
    elif walk.left_out:
        problem = "reading_word_inserted"
    return Flow(blocks, metadata, problem, f"lxml {version('lxml')}")


# -- the package


class _Package:
    """The parts of the document, each parsed once; ``damaged`` names those of which something is missing."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._names = {name.lower().lstrip("/"): name for name in package.namelist()}
        self.damaged: set[str] = set()

    def main(self) -> str:
        """The part that holds the text."""
        for kind, target in self.related("").items():
            if kind == "officeDocument" and target.lower() in self._names:
                return target
        return _MAIN

    def related(self, part: str) -> dict[str, str]:
        """Kind -> part of what a part refers to within the package."""
        folder, _, name = part.rpartition("/")
        rels = self.part(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
        found: dict[str, str] = {}
        for link in rels if rels is not None else ():
            if _name(link) != "Relationship" or link.get("TargetMode") == "External":
                continue
            target = link.get("Target") or ""
            target = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
            found.setdefault((link.get("Type") or "").rpartition("/")[2], target)
        return found

    def properties(self) -> dict[str, str]:
        """What the file says of itself."""
        core = self.part("docProps/core.xml")
        said = {_name(element): one_line(element.text or "")[:500] for element in (core if core is not None else ())}
        return {name: said.get(name, "") for name in ("title", "subject", "creator", "created", "modified")}

    def part(self, name: str) -> Any:
        """The root of a part; None when it is not there or nothing of it can be read.  NotRead for one too large."""
        known = self._names.get(name.lower())
        if known is None:
            return None
        data, whole = self._bytes(known)
        root, sound = _parsed(data)
        if not (whole and sound):
            self.damaged.add(name)
        return root

    def _bytes(self, name: str) -> tuple[bytes, bool]:
        if self._package.getinfo(name).file_size > MOST_BYTES:
            raise NotRead("reading_word_too_large")
        found = bytearray()
        try:
            with self._package.open(name) as stream:
                # What is declared may be a lie: what comes out is counted, too.
                while block := stream.read(1 << 20):
                    found += block
                    if len(found) > MOST_BYTES:
                        raise NotRead("reading_word_too_large")
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            return bytes(found), False
        return bytes(found), True


def _parsed(data: bytes) -> tuple[Any, bool]:
    """The root of an XML part, and whether all of it was sound."""
    for recover in (False, True):
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            recover=recover,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data, parser)
        except (etree.LxmlError, ValueError):
            continue
        if root is not None:
            return root, not recover
    return None, False


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Any, name: str = "val") -> str | None:
    """An attribute of Word's, in whichever of its two namespaces."""
    if element is None:
        return None
    value: str | None = element.get(f"{{{element.tag[1:].partition('}')[0]}}}{name}")
    return value


def _child(element: Any, *names: str) -> Any:
    """The first child of that name, and of that its child, ...; None where one is missing."""
    for name in names:
        element = next((inner for inner in element if _name(inner) == name), None) if element is not None else None
    return element


def _int(text: str | None, otherwise: int) -> int:
    try:
        return int(float(text)) if text else otherwise
    except (ValueError, OverflowError):
        return otherwise


def _on(element: Any) -> bool:
    return element is not None and (_value(element) or "true").lower() not in ("0", "false", "off")


# -- how text looks


@dataclass(frozen=True, slots=True)
class _Look:
    """What is said about the look of text; None where nothing is."""

    hidden: bool | None = None
    colour: str | None = None
    size: int | None = None
    ground: str | None = None
    raised: bool | None = None

    def over(self, below: _Look) -> _Look:
        """This, and where it says nothing what ``below`` says."""
        if self == _PLAIN:
            return below
        return _Look(
            below.hidden if self.hidden is None else self.hidden,
            below.colour if self.colour is None else self.colour,
            below.size if self.size is None else self.size,
            below.ground if self.ground is None else self.ground,
            below.raised if self.raised is None else self.raised,
        )

    @property
    def seen(self) -> bool:
        """Whether a person could read it; behind "?" there is a colour that nobody knows."""
        if self.hidden or (self.size is not None and self.size < SMALLEST):
            return False
        colour, ground = _rgb(self.colour), _rgb(self.ground or "FFFFFF")
        return not colour or not ground or any(abs(a - b) > 12 for a, b in zip(colour, ground, strict=True))


_PLAIN = _Look()


def _rgb(text: str | None) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text)) if text and re.fullmatch(r"[0-9A-Fa-f]{6}", text) else ()


def _look_of(properties: Any) -> _Look:
    if properties is None:
        return _PLAIN
    said = {_name(element): element for element in properties}
    colour = _value(said.get("color"))
    highlighted = _value(said.get("highlight"))
    ground = _shade(said.get("shd"))
    if highlighted and highlighted != "none":
        ground = "FFFFFF" if highlighted == "white" else "?"
    raised = _value(said.get("vertAlign"))
    return _Look(
        _on(said["vanish"]) if "vanish" in said else None,
        ("000000" if colour == "auto" else colour) if colour else None,
        _int(_value(said.get("sz")), 24) if "sz" in said else None,
        ground,
        raised == "superscript" if raised else None,
    )


def _shade(shade: Any) -> str | None:
    if shade is None:
        return None
    fill, pattern = _value(shade, "fill"), _value(shade)
    if pattern not in (None, "clear", "nil"):
        return "?"
    return fill if fill and fill != "auto" else None


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    look: _Look
    level: int  # of a heading, from 1; 0: none
    numbered: tuple[str, int] | None  # (list, level)


class _Styles:
    """The styles of a document, each with what it takes over from those it builds on."""

    def __init__(self, root: Any) -> None:
        self._raw: dict[str, Any] = {}
        self._made: dict[str, _Style] = {}
        self.base = _PLAIN
        self._default = ""
        for element in root if root is not None else ():
            if _name(element) == "style" and (key := _value(element, "styleId")):
                self._raw[key] = element
                if _value(element, "type") == "paragraph" and _value(element, "default") in ("1", "true"):
                    self._default = key
            elif _name(element) == "docDefaults":
                self.base = _look_of(_child(element, "rPrDefault", "rPr"))

    def of(self, key: str | None) -> _Style:
        """The style of that key; the document's own for None."""
        return self._found(key or self._default, 0)

    def shaded(self, key: str | None) -> bool:
        """Whether a style of tables colours what stands behind some of the cells."""
        for _ in range(MOST_STYLES):
            element = self._raw.get(key or "")
            if element is None:
                return False
            if any(_shade(shade) for shade in element.iter() if _name(shade) == "shd"):
                return True
            key = _value(_child(element, "basedOn"))
        return True

    def _found(self, key: str, depth: int) -> _Style:
        if key in self._made:
            return self._made[key]
        element = self._raw.get(key)
        if element is None or depth > MOST_STYLES:
            return _Style("", _PLAIN, 0, None)
        below_key = _value(_child(element, "basedOn"))
        below = self._found(below_key, depth + 1) if below_key else _Style("", _PLAIN, 0, None)
        name = (_value(_child(element, "name")) or "").strip()
        paragraph = _child(element, "pPr")
        heading = _HEADING.fullmatch(name)
        level = _outline(paragraph) if paragraph is not None else None
        if level is None:
            level = int(heading.group(1)) if heading else below.level
        look = _look_of(_child(element, "rPr")).over(_Look(ground=_shade(_child(paragraph, "shd"))))
        made = _Style(name, look.over(below.look), level, _numbered(paragraph, key) or below.numbered)
        self._made[key] = made
        return made


def _outline(paragraph: Any) -> int | None:
    element = _child(paragraph, "outlineLvl")
    if element is None:
        return None
    level = _int(_value(element), 9)
    return level + 1 if 0 <= level <= 8 else 0


def _numbered(paragraph: Any, style: str = "") -> tuple[str, int] | None:
    """The list that a paragraph, or a style, is counted in.  Level -1: the one that the list keeps for the style."""
    found = _child(paragraph, "numPr")
    if found is None:
        return None
    key, level = _value(_child(found, "numId")), _value(_child(found, "ilvl"))
    if key is None:
        return None
    return key, _int(level, 0) if level is not None or not style else -1


# -- lists


class _Lists:
    """The lists of a document, and how far each has counted."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[str, dict[int, Level]] = {}
        self._of_styles: dict[str, dict[str, int]] = {}
        self._abstract: dict[str, str] = {}
        self._changed: dict[str, dict[int, Level]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._counters: dict[str, Counter] = {}
        self._begun: set[tuple[str, int]] = set()
        linked: dict[str, str] = {}
        links: dict[str, str] = {}
        for element in root if root is not None else ():
            if _name(element) == "abstractNum":
                key = _value(element, "abstractNumId") or ""
                levels = [level for level in element if _name(level) == "lvl"]
                self._levels[key] = {_int(_value(level, "ilvl"), 0): _level(level) for level in levels}
                styles = ((_value(_child(level, "pStyle")), _int(_value(level, "ilvl"), 0)) for level in levels)
                self._of_styles[key] = {style: at for style, at in styles if style}
                if name := _value(_child(element, "styleLink")):
                    linked[name] = key
                if name := _value(_child(element, "numStyleLink")):
                    links[key] = name
            elif _name(element) == "num":
                self._take(element)
        for key, name in links.items():
            if name in linked:
                self._levels[key] = self._levels[linked[name]]

    def _take(self, element: Any) -> None:
        key = _value(element, "numId") or ""
        self._abstract[key] = _value(_child(element, "abstractNumId")) or ""
        for change in element:
            if _name(change) != "lvlOverride":
                continue
            at = _int(_value(change, "ilvl"), 0)
            if (level := _child(change, "lvl")) is not None:
                self._changed.setdefault(key, {})[at] = _level(level)
            if (start := _child(change, "startOverride")) is not None:
                self._starts.setdefault(key, {})[at] = _int(_value(start), 1)

    def next(self, key: str, level: int, style: str) -> tuple[str, int]:
        """The number of the next paragraph of a list ("" for none), and the level at which it stands."""
        abstract = self._abstract.get(key)
        if abstract is None or key == "0":
            return "", 0
        if level < 0:
            level = self._of_styles.get(abstract, {}).get(style, 0)
        levels: Mapping[int, Level] = {**self._levels.get(abstract, {}), **self._changed.get(key, {})}
        counter = self._counters.setdefault(abstract, Counter())
        starts = self._starts.get(key, {})
        if level in starts and (key, level) not in self._begun:
            counter.counts.pop(level, None)
        self._begun.add((key, level))
        return counter.next(level, starts, levels), level


def _level(element: Any) -> Level:
    form = _child(element, "numFmt")
    after = _child(element, "lvlRestart")
    return Level(
        _value(form) or "decimal" if form is not None else "decimal",
        _value(_child(element, "lvlText")) or "",
        _int(_value(_child(element, "start")), 1),
        _int(_value(after), -1) if after is not None else -1,
    )


def _notes(root: Any) -> dict[str, Any]:
    """Key -> note; the lines that Word draws between text and notes are none."""
    if root is None:
        return {}
    notes = (note for note in root if _name(note) in ("footnote", "endnote"))
    return {
        _value(note, "id") or "": note
        for note in notes
        if _value(note, "type") not in ("separator", "continuationSeparator")
    }


# -- walking


@dataclass(slots=True)
class _Text:
    """A paragraph while it is gathered."""

    parts: list[str] = field(default_factory=list)
    fields: list[bool] = field(default_factory=list)  # of each open field, whether its result has begun
    notes: list[str] = field(default_factory=list)
    boxes: list[Block] = field(default_factory=list)


class _Walk:
    """Goes through the text in order; depth is limited by the parser."""

    def __init__(
        self, styles: _Styles, lists: _Lists, footnotes: Mapping[str, Any], endnotes: Mapping[str, Any]
    ) -> None:
        self.title = ""
        self.left_out = False  # a document inserted in another format
        self._styles = styles
        self._lists = lists
        self._footnotes, self._endnotes = footnotes, endnotes
        self._counted = {"footnote": 0, "endnote": 0}
        self._in_note = False
        self._unseen = 0  # characters that nobody can see, since the last block
        self._listed = False  # the block before was an item of a list

    def document(self, body: Any) -> tuple[Block, ...]:
        """The blocks of the whole text, with what nobody can see counted where it stood."""
        found: list[Block] = []
        for block in self.blocks(body):
            found.append(replace(block, hidden=self._unseen) if self._unseen else block)
            self._unseen = 0
        if found and self._unseen:
            found[-1] = replace(found[-1], hidden=found[-1].hidden + self._unseen)
        return tuple(found)

    def blocks(self, container: Any, ground: str | None = None) -> Iterator[Block]:
        """The blocks of a body, a cell or a text box."""
        for element in container:
            name = _name(element)
            if name == "p":
                yield from self._paragraph(element, ground)
            elif name == "tbl":
                yield from self._table(element)
            elif name == "AlternateContent":
                yield from self.blocks(_chosen(element), ground)
            elif name == "altChunk":
                self.left_out = True
            elif name in _TRANSPARENT:
                yield from self.blocks(element, ground)

    def _paragraph(self, paragraph: Any, ground: str | None) -> Iterator[Block]:
        properties = _child(paragraph, "pPr")
        key = _value(_child(properties, "pStyle"))
        style = self._styles.of(key)
        if _CONTENTS.fullmatch(style.name):
            return
        shade = _shade(_child(properties, "shd")) or style.look.ground or ground
        look = replace(style.look.over(self._styles.base), ground=shade)
        gathered = _Text()
        self._gather(paragraph, look, gathered)
        text = tidy("".join(gathered.parts))
        text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip("\n")
        numbered = _numbered(properties) or style.numbered
        number, depth = self._lists.next(*numbered, key or "") if numbered and text.strip() else ("", 0)
        level = _outline(properties)
        level = style.level if level is None else level
        if text.strip():
            number = one_line(number)
            if level:
                yield Block(" ".join(f"{number} {text}".split()), level)
            else:
                if style.name.lower() == "title" and not self.title:
                    self.title = " ".join(text.split())[:200]
                item = number == "•" or number.endswith((")", "）"))
                indent = "  " * depth if item else ""
                yield Block(f"{indent}{number} {text}" if number else text, close=item and self._listed)
                self._listed = item
        yield from gathered.boxes
        for note in gathered.notes:
            yield Block(note, close=True)

    def _gather(self, container: Any, look: _Look, text: _Text) -> None:
        for element in container:
            name = _name(element)
            if name == "r":
                self._run(element, look, text)
            elif name == "AlternateContent":
                self._gather(_chosen(element), look, text)
            elif name in _GONE or not name:
                continue
            elif name in ("t", "delText"):
                self._say(element.text, look, text)
            else:
                self._gather(element, look, text)

    def _run(self, run: Any, around: _Look, text: _Text) -> None:
        properties = _child(run, "rPr")
        own = _look_of(properties)
        character = _value(_child(properties, "rStyle"))
        if character:
            own = own.over(self._styles.of(character).look)
        self._in_run(run, own.over(around), text)

    def _in_run(self, run: Any, look: _Look, text: _Text) -> None:
        for element in run:
            name = _name(element)
            if name == "t":
                self._say(element.text, look, text)
            elif name in _LETTERS:
                self._say(_LETTERS[name], replace(look, raised=None), text)
            elif name == "fldChar":
                self._field(_value(element, "fldCharType"), text)
            elif name == "sym":
                self._say(_symbol(element), look, text)
            elif name in ("footnoteReference", "endnoteReference"):
                if look.seen:
                    self._note(name.removesuffix("Reference"), _value(element, "id") or "", text)
            elif name == "AlternateContent":
                self._in_run(_chosen(element), look, text)
            elif name in ("drawing", "pict"):
                for box in (inner for inner in element.iter() if _name(inner) == "txbxContent"):
                    if not any(_name(above) == "txbxContent" for above in _between(box, element)):
                        text.boxes += self.blocks(box, "?")
            elif name == "ruby":
                self._gather(_child(element, "rubyBase") if _child(element, "rubyBase") is not None else (), look, text)

    def _say(self, words: str | None, look: _Look, text: _Text) -> None:
        if not words or not all(text.fields):
            return
        if not look.seen:
            self._unseen += len("".join(words.split()))
            return
        if look.raised and not words.strip().strip("0123456789+-−()n"):
            words = words.translate(_RAISED)
        text.parts.append(words)

    def _field(self, kind: str | None, text: _Text) -> None:
        if kind == "begin":
            text.fields.append(False)
        elif kind == "separate" and text.fields:
            text.fields[-1] = True
        elif kind == "end" and text.fields:
            text.fields.pop()

    def _note(self, kind: str, key: str, text: _Text) -> None:
        note = (self._footnotes if kind == "footnote" else self._endnotes).get(key)
        if self._in_note or note is None:
            return
        self._counted[kind] += 1
        mark = str(self._counted[kind]) if kind == "footnote" else roman(self._counted[kind])
        text.parts.append(f"[^{mark}]")
        self._in_note = True
        try:
            words = " ".join(" ".join(block.text.split()) for block in self.blocks(note))
        finally:
            self._in_note = False
        if words:
            text.notes.append(f"[^{mark}]: {words}")

    # -- tables

    def _table(self, table: Any) -> Iterator[Block]:
        """Row by row, cell after cell; a cell that reaches over several rows is said in each.

        A table of one column, or with whole chapters in its cells, only lays out the page.
        """
        unknown = self._styles.shaded(_value(_child(table, "tblPr", "tblStyle")))
        rows: list[list[list[Block]]] = []
        above: dict[int, list[Block]] = {}
        for row in _within(table, "tr"):
            properties = _child(row, "trPr")
            if _child(properties, "del") is not None or _on(_child(properties, "hidden")):
                continue
            cells: list[list[Block]] = []
            column = _int(_value(_child(properties, "gridBefore")), 0)
            for cell in _within(row, "tc"):
                said = _child(cell, "tcPr")
                merged = _child(said, "vMerge")
                ground = _shade(_child(said, "shd")) or ("?" if unknown else None)
                here = list(self.blocks(cell, ground))
                if merged is None:
                    above.pop(column, None)
                elif _value(merged) == "restart":
                    above[column] = here
                else:
                    here = above.get(column, here)
                cells.append(here)
                column += min(max(1, _int(_value(_child(said, "gridSpan")), 1)), 1000)
            rows.append(cells)
        yield from _as_blocks(rows)


def _as_blocks(rows: Sequence[list[list[Block]]]) -> Iterator[Block]:
    laid_out = all(len(cells) <= 1 for cells in rows) or any(
        sum(len(block.text) for block in cell) > LONGEST_CELL or sum(block.level > 0 for block in cell) > 1
        for cells in rows
        for cell in cells
    )
    begun = False
    for cells in rows:
        if laid_out:
            for cell in cells:
                yield from cell
            continue
        texts = [" ".join(" ".join(block.text.split()) for block in cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if any(texts):
            yield Block(CELLS.join(texts) if len(texts) > 1 else texts[0], close=begun)
            begun = True


def _within(container: Any, name: str) -> Iterator[Any]:
    """The rows of a table, or the cells of a row, also where something stands around them."""
    for element in container:
        if _name(element) == name:
            yield element
        elif _name(element) in _TRANSPARENT:
            yield from _within(element, name)


def _between(element: Any, top: Any) -> Iterable[Any]:
    """What ``element`` stands in, below ``top``."""
    above = element.getparent()
    while above is not None and above is not top:
        yield above
        above = above.getparent()


def _chosen(alternatives: Any) -> Any:
    """One of several ways to say the same: the first, or what is there for older programs."""
    for name in ("Choice", "Fallback"):
        if (found := _child(alternatives, name)) is not None and len(found):
            return found
    return ()


def _symbol(element: Any) -> str:
    code = _value(element, "char") or ""
    if not re.fullmatch(r"[0-9A-Fa-f]{2,5}", code):
        return ""
    number = int(code, 16)
    number = number + 0xF000 if number < 0x100 else number
    return from_symbol_font(number, _value(element, "font") or "") if is_private(number) else chr(number)
