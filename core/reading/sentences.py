"""Where sentences end, in English and Chinese; where a numbered line begins something new."""

from __future__ import annotations

import re

# What stands between the cells of a row; nothing that is read writes it itself.
CELLS = " │ "

# Never the end of a sentence: something always follows.
_LEADS_ON = frozenset(
    "e.g i.e cf viz vs v no nos dr mr mrs ms prof st sec secs sect art arts fig figs eq ref refs approx ca "
    "p pp para paras ch vol al ed eds hon rev gen col sgt capt messrs resp max min incl excl est tab "
    "app appx subsec cl".split()
)
# May be the end of a sentence, when the next word is one that begins sentences.
_MAY_END = frozenset(
    "inc corp ltd co llc plc etc u.s u.k u.n e.u a.m p.m jr sr ph.d m.d b.sc m.sc n.a l.p l.l.c s.a n.v b.v d.c n.y "
    "jan feb mar apr jun jul aug sep sept oct nov dec dept bros assn".split()
)
_BEGINNERS = frozenset(
    "The This These That Those There It Its In On At If When Where While For Such Each Any All No None Neither Either "
    "Both However Nothing Notwithstanding Subject Upon During After Before Without With Under Unless Except As By To "
    "We Our They You He She Their A An Section Article Provided Further Accordingly Therefore Patients".split()
)

_ASCII_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s|$)")
_CJK_END = re.compile(r"[。！？；]+[”’」』）》】\"')]*")
_BLANK = re.compile(r"\n[ \t]*\n\s*")
_WORD_BEFORE = re.compile(r"[\w.&]+$")

CJK_NUMERAL = "一二三四五六七八九十百千零〇两\\d"

# The beginnings of numbered or bulleted lines.  The number is group 1.
ITEM = re.compile(
    rf"""[ \t]*(?:
      (?P<zh>第[{CJK_NUMERAL}]+(?:编|分编|章|节|条|款)(?:之[{CJK_NUMERAL}]+)?)
        (?=[\s：:]|$|[^\s的规至到和或、，,以及款项]) |
      (?P<zhlist>[（(][{CJK_NUMERAL}]{{1,3}}[）)]|[一二三四五六七八九十]{{1,3}}、|\d{{1,2}}、) |
      (?P<named>(?:(?:ARTICLE|Article|SECTION|Section|CHAPTER|Chapter|PART|Part|APPENDIX|Appendix|EXHIBIT|Exhibit|SCHEDULE
         |Schedule|ANNEX|Annex)\s+|§\s*)(?:\d+(?:\.\d+)*[A-Za-z]?|[IVXLC]+|[A-Z])(?=[\s.:)—–-]|$)) |
      (?P<decimal>\d{{1,3}}(?:\.\d{{1,3}}){{1,4}})\.?(?=\s|$|[A-Z“"\u4e00-\u9fff]) |
      (?P<plain>\d{{1,3}}[.)])(?=\s|$|[A-Z\u4e00-\u9fff]) |
      (?P<paren>\((?:[a-zA-Z]|[ivxlIVXL]{{1,6}}|\d{{1,3}}|[a-z]{{2}})\))(?=\s|$|[A-Z“"]) |
      (?P<letter>[A-Za-z][.)])(?=\s+[A-Z“"]) |
      (?P<roman>[IVX]{{1,5}}\.)(?=\s+[A-Z]) |
      (?P<bullet>[•◦▪■●○·※★➢➤✓□–—*-])(?=\s)
    )""",
    re.VERBOSE,
)

# A line that ends like this is not over: what looks like a number at the head of the next one is a reference.
_OPEN_END = re.compile(
    r"(?:\b(?:sections?|articles?|clauses?|paragraphs?|sub-?sections?|schedules?|exhibits?|appendix|annex|parts?|rules?|items?|"
    r"chapters?|figures?|tables?|of|to|in|and|or|by|with|under|the|see|than|least|about|approximately|is|are|was|until|from|"
    r"at|on|for|a|an|per|no\.|nos\.|§+|pursuant|through|between)|[,&(/+=<>≤≥±×-]|[的第依照据按本]|[、，和或及至与])$",
    re.IGNORECASE,
)
_ENDS_SENTENCE = re.compile(r"[.;:!?。；：！？][\"'”’)）】」]*$")
_LISTING_END = re.compile(r"(?:[,;]|[;,]\s*(?:and|or|and/or))$", re.IGNORECASE)


def begins_item(line: str, before: str) -> re.Match[str] | None:
    """The number or bullet that a line begins with, unless the line before it ("" = none) runs on into it."""
    match = ITEM.match(line)
    if match is None:
        return None
    before = before.rstrip()
    if not before or _ENDS_SENTENCE.search(before) or _LISTING_END.search(before):
        return match
    if _OPEN_END.search(before):
        return None
    kind = match.lastgroup
    rest = line[match.end() :].lstrip(" .:")
    if kind == "zh":
        return match
    if kind in ("zhlist", "bullet"):
        return match
    # no sign that the line before is over: believe a number only before something that begins like a heading
    if rest[:1].isupper() or rest[:1] in '“"' or (rest[:1] and ord(rest[0]) >= 0x2E80) or not rest:
        return match if kind != "plain" or len(before) < 70 or rest[:1].isupper() else None
    return None


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as spans, white space trimmed; together they hold every visible character.

    A blank line, a numbered or bulleted line, a row of a table, and 。！？； end a sentence, too.
    """
    ends = {len(text)}
    ends.update(match.start() for match in _BLANK.finditer(text))
    ends.update(match.end() for match in _CJK_END.finditer(text))
    ends.update(match.end() for match in _ASCII_END.finditer(text) if _is_end(text, match))
    before = ""
    at = 0
    for line in text.split("\n"):
        if CELLS in line:
            ends.update((at, at + len(line)))  # a row of a table
        elif at and begins_item(line, before):
            ends.add(at)
        if line.strip():
            before = line
        elif at:
            before = ""
        at += len(line) + 1
    spans = []
    start = 0
    for end in sorted(ends):
        low, high = start, end
        while low < high and text[low].isspace():
            low += 1
        while high > low and text[high - 1].isspace():
            high -= 1
        if high > low:
            spans.append((low, high))
        start = end
    return spans


def _is_end(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() : match.end() + 40].lstrip()
    if not after:
        return True
    if match.group()[0] != ".":
        return not after[0].islower()
    if after[0].islower() or after[0] in ",;:)]":
        return False
    word_match = _WORD_BEFORE.search(text, max(0, match.start() - 24), match.start())
    word = word_match.group() if word_match else ""
    begin = word_match.start() if word_match else match.start()
    low = word.lower().strip(".")
    follower = re.match(r"[A-Za-z]+", after)
    if low in _LEADS_ON:
        return False
    if low in _MAY_END:
        return follower is not None and follower.group() in _BEGINNERS
    if len(low) == 1 and low.isalpha():
        # an initial ("J. Smith"), or the letter of a list; "Vitamin C. The" ends
        return follower is not None and follower.group() in _BEGINNERS and begin > 0 and text[begin - 1] == " "
    head = text.rfind("\n", 0, begin) + 1
    if text[head:begin].strip() == "" and (low.replace(".", "").isdigit() or re.fullmatch(r"[ivxlc]+", low)):
        return False  # "4. TERM": the number of what follows
    if re.search(r"(?:section|article|clause|paragraph|chapter|part|§)\s*$", text[max(0, begin - 12) : begin], re.I):
        # "Section 4.2. Term." at the head of a line numbers what follows; elsewhere a reference ends the sentence
        return text[head : max(head, begin - 12)].strip() != ""
    return True
