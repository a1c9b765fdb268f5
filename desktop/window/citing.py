"""How answers are put into words: citation numbers, places, verdicts, scopes.

Pure functions over nouns, so that the screen, the clipboard and exported files say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from PySide6.QtCore import QDate, QDateTime, QLocale, QTime

from core.messages import say
from core.nouns import Answer, AnswerKind, Citation, Claim, Coverage, Disagreement, Scope, Verdict
from desktop.forms import disagreement_words, doubt

MARKS = {Verdict.SUPPORTED: "✔", Verdict.PARTIAL: "◐", Verdict.UNSUPPORTED: "✘", Verdict.CONVERSATION: "…"}
_WORDS = {
    Verdict.SUPPORTED: "verdict_supported",
    Verdict.PARTIAL: "verdict_partial",
    Verdict.UNSUPPORTED: "verdict_unsupported",
    Verdict.CONVERSATION: "verdict_conversation",
}
_CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_BREAK_IN_CHINESE = re.compile(rf"(?<={_CJK})\s*\n\s*(?={_CJK})")
# Characters that move or hide what stands beside them: a name or quote must not rearrange the line it stands in.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_MOMENTS = {"en": ("en_GB", "d MMM yyyy, HH:mm"), "zh": ("zh_CN", "yyyy年M月d日 HH:mm")}
_LONGEST_CHIP = 28  # characters of a section's name where there is little room
_QUOTED = ("“", "「", "『", '"', "«")

Place = tuple[str, int, int, int]


def one_line(text: str) -> str:
    """``text`` in one line (no blank between Chinese characters), without characters that rearrange it."""
    return " ".join(_UNSEEN.sub("", _BREAK_IN_CHINESE.sub("", text)).split())


def lines(text: str) -> str:
    """``text`` with its own line breaks, without characters that rearrange it."""
    return "\n".join(one_line(line) for line in text.strip().splitlines())


def place(citation: Citation) -> Place:
    """What makes two citations the same place."""
    return citation.sha256, citation.page_index, citation.start, citation.end


def numbered(claims: Iterable[Claim]) -> dict[Place, int]:
    """The citations' numbers, from 1 through the whole answer; the same place has the same number."""
    numbers: dict[Place, int] = {}
    for claim in claims:
        for citation in claim.citations:
            numbers.setdefault(place(citation), len(numbers) + 1)
    return numbers


def cited(claims: Iterable[Claim]) -> tuple[Citation, ...]:
    """Every place that is cited, once, in the order of the numbers."""
    places: dict[Place, Citation] = {}
    for claim in claims:
        for citation in claim.citations:
            places.setdefault(place(citation), citation)
    return tuple(places.values())


def page_label(page_index: int, label: str) -> str:
    """The page as it is printed, or its position where none is printed."""
    return one_line(label) or str(page_index + 1)


def page_chip(page_index: int, label: str, language: str, *, section: bool = False) -> str:
    """The page, or the section of a document without pages, in as few words as there are."""
    if section:
        name = one_line(label)
        return say(
            "cite_section", language, label=name if len(name) <= _LONGEST_CHIP else name[: _LONGEST_CHIP - 1] + "…"
        )
    return say("cite_page", language, label=page_label(page_index, label))


def page_words(page_index: int, label: str, language: str, *, section: bool = False) -> str:
    """Where a page is, in words: "page 5", or the printed and the real one where they differ.

    A document without pages is cited by its sections.
    """
    if section:
        return say("cite_section", language, label=one_line(label))
    printed = page_label(page_index, label)
    if printed == str(page_index + 1):
        return say("cite_page_long", language, label=printed)
    return say("cite_page_printed", language, label=printed, page=page_index + 1)


def place_words(citation: Citation, language: str) -> str:
    """Which version of the document, where there has been more than one, and the page, in words."""
    page = page_words(citation.page_index, citation.page_label, language, section=citation.section)
    version = say("cite_version", language, version=citation.version) if citation.version > 1 else ""
    return say("separator", language).join(words for words in (version, page) if words)


def doubts(claim: Claim, language: str) -> list[str]:
    """That recognition was not sure of pages that a sentence stands on, a line a page."""
    told: dict[tuple[str, int], str] = {}
    for citation in claim.citations:
        if words := doubt(citation, language):
            page = page_words(citation.page_index, citation.page_label, language, section=citation.section)
            told[citation.sha256, citation.page_index] = f"{one_line(citation.document)}, {page}: {words}"
    return list(told.values())


def verdict_words(claim: Claim, language: str) -> str:
    """What the mark of a sentence means."""
    if claim.verbatim and claim.verdict is Verdict.SUPPORTED:
        return say("verdict_quoted", language)
    return say(_WORDS[claim.verdict], language)


def reasons(claim: Claim, language: str) -> str:
    """Why a sentence is not fully supported, as one sentence; empty when nothing is wrong with it."""
    if not claim.faults:
        return ""
    words = say("separator", language).join(say(fault, language) for fault in claim.faults)
    return say("reason_line", language, verdict=say(_WORDS[claim.verdict], language), reasons=words)


def sentence(claim: Claim, language: str) -> str:
    """The words of a claim; a quotation stands in quote marks."""
    words = one_line(claim.text)
    return say("quote_open", language, text=words) if claim.verbatim and not words.startswith(_QUOTED) else words


def scope_words(scope: Scope, language: str) -> str:
    """Where a question looks, short: names where there are one or two, else numbers."""
    for names, key, named in ((scope.documents, "scope_documents", 1), (scope.collections, "scope_collections", 2)):
        if len(names) > named:
            return say(key, language, count=len(names))
        if names:
            return say("separator", language).join(map(one_line, names))
    return say("scope_everything", language)


def coverage_words(coverage: Coverage, language: str) -> str:
    """What was searched."""
    counts = {"documents": coverage.documents, "pages": coverage.pages, "sections": coverage.sections}
    return say(coverage.told_by, language, **counts)


def unreadable_words(coverage: Coverage, language: str) -> list[str]:
    """The pages that could not be read, a line a document."""
    return [
        say("unreadable_pages", language, document=one_line(name), pages=_ranges(pages))
        for name, pages in coverage.unreadable
    ]


def disagreement_lines(told: Iterable[Disagreement], language: str) -> list[str]:
    """The documents that do not agree, a line for each two."""
    return [one_line(disagreement_words(one, language)) for one in told]


def local_time(utc: str, language: str) -> str:
    """A moment of a record as the clock on the wall showed it: 22 Nov 2026, 14:02, or 2026年11月22日 14:02."""
    try:
        moment = datetime.fromisoformat(utc).astimezone()
    except ValueError:
        return one_line(utc)
    locale, form = _MOMENTS[language]
    day, time = QDate(moment.year, moment.month, moment.day), QTime(moment.hour, moment.minute)
    return QLocale(locale).toString(QDateTime(day, time), form)


def compare(earlier: Sequence[Claim], now: Sequence[Claim]) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """For each earlier sentence whether it is gone, for each present one whether it is new."""
    before, after = {_same(c) for c in earlier}, {_same(c) for c in now}
    return tuple(_same(c) not in after for c in earlier), tuple(_same(c) not in before for c in now)


def refusal(answer: Answer, language: str) -> str:
    """Why there is no answer, in words; empty when there is one."""
    if answer.checked.kind is AnswerKind.STOPPED:
        return say("answer_broken_off", language)
    if answer.checked.kind is not AnswerKind.NOT_FOUND:
        return ""
    reason = answer.checked.reason
    return f"{say('not_found', language)} {say(reason, language) if reason else ''}".strip()


def _same(claim: Claim) -> str:
    return re.sub(r"\W+", "", claim.text.casefold())


def _ranges(pages: Sequence[int]) -> str:
    """Page indexes as a person writes them: 2, 5–9."""
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(f"{a + 1}" if a == b else f"{a + 1}–{b + 1}" for a, b in runs)
