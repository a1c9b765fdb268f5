"""One record, whole: told so that a person can retrace the answer, and as the raw JSON that is hashed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTabWidget, QTextBrowser, QVBoxLayout, QWidget

from core.messages import catalogue
from core.nouns import Citation, Claim, Coverage, DatedBy, Disagreement, Scope, Side, Verdict
from desktop.channel import WholeRecord
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton

_LINK = "citation:"
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_DATED_BY = {by.value: by for by in DatedBy}


class RecordView(QWidget):
    """Shows a record; ``citation_wanted`` of the desk is sent for a citation that is clicked."""

    copied = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._record: WholeRecord | None = None
        self._kind_words = ""
        self.citations: list[Citation] = []
        self.text = _Sheet()
        self.text.setAccessibleName(self.tr("The record, told"))
        self.text.anchorClicked.connect(self._follow)
        self.raw = QPlainTextEdit()
        self.raw.setReadOnly(True)
        self.raw.setStyleSheet("font-family: monospace;")
        self.raw.setAccessibleName(self.tr("The record as raw JSON"))
        self.raw.setTabChangesFocus(True)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName(self.tr("The record, told or raw"))
        self.tabs.addTab(boxed(self.text), self.tr("Record"))
        self.tabs.addTab(boxed(self.raw), self.tr("Raw JSON"))
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(IconButton(desk, "copy", self.tr("Copy what this tab shows"), self.copy))
        self.tabs.setCornerWidget(corner)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 0, 0, 0)
        column.addWidget(self.tabs)
        desk.restyled.connect(self._redraw)

    @property
    def record(self) -> WholeRecord | None:
        """What is shown."""
        return self._record

    def show_record(self, record: WholeRecord, kind_words: str) -> None:
        """Show this record."""
        self._record, self._kind_words = record, kind_words
        whole = {
            "sequence": record.sequence,
            "previous": record.previous,
            "hash": record.hash,
            "intact": record.intact,
            "record": dict(record.body),
        }
        self.raw.setPlainText(json.dumps(whole, ensure_ascii=False, indent=2, default=str))
        self._redraw()

    def copy(self) -> None:
        """What the tab in front shows, to the clipboard."""
        words = self.raw.toPlainText() if self.tabs.currentIndex() else self.text.toPlainText()
        QGuiApplication.clipboard().setText(words)
        self.copied.emit()

    def _follow(self, url: QUrl) -> None:
        words = url.toString()
        if words.startswith(_LINK):
            self._desk.citation_wanted.emit(self.citations[int(words.removeprefix(_LINK))])

    # -- telling it

    def _redraw(self) -> None:
        if self._record is None:
            return
        self.citations = []
        at = self.text.verticalScrollBar().value()
        self.text.setHtml(self._told(self._record))
        self.text.verticalScrollBar().setValue(at)

    def _told(self, record: WholeRecord) -> str:
        body, theme = record.body, self._desk.theme
        parts = [f'<p style="color:{theme.muted}">{escape(self._when(record))}</p>']
        if not record.intact:
            warning = self.tr("This record was changed after it was written; do not rely on it.")
            parts.append(f'<p style="color:{theme.bad}"><b>✘ {escape(warning)}</b></p>')
        parts.append(f'<p style="font-size:large"><b>{_safe(_text(body, "question"))}</b></p>')
        if "unreadable" in body:
            parts += [_heading(self.tr("What stands there")), f"<p>{_safe(_text(body, 'unreadable'))}</p>"]
        parts.append(self._lines(self._circumstances(body)))
        reason = _text(body, "reason")
        if reason:
            parts.append(f"<p>{escape(self._message(reason))}</p>")
        sentences, removed = _claims(body, "sentences"), _claims(body, "removed")
        if sentences:
            parts.append(_heading(self.tr("The answer, sentence by sentence")))
            parts += [self._claim(claim) for claim in sentences]
        lines = citing.disagreement_lines(_disagreements(body), self._desk.language)
        parts += [f'<p style="color:{theme.warn}"><b>≠</b> {escape(line)}</p>' for line in lines]
        if removed:
            parts.append(_heading(self.tr("Left out, and why")))
            parts += [self._claim(claim) for claim in removed]
        if draft := _text(body, "draft"):
            parts += [
                _heading(self.tr("The model's draft, unchecked")),
                f'<p style="color:{theme.muted}">{_safe(draft)}</p>',
            ]
        parts += self._passages(body)
        parts.append(_heading(self.tr("Model and settings")))
        parts.append(self._lines(self._proof(body)))
        parts.append(_heading(self.tr("Place in the chain")))
        parts.append(
            self._lines(
                [
                    (self.tr("SHA-256 of this record"), _hash(record.hash)),
                    (self.tr("SHA-256 of the record before"), _hash(record.previous)),
                ]
            )
        )
        return "".join(parts)

    def _when(self, record: WholeRecord) -> str:
        words = [self.tr("Record {number}").format(number=record.sequence), self._kind_words]
        words.append(citing.local_time(_text(record.body, "utc"), self._desk.language))
        if user := citing.one_line(_text(record.body, "user")):
            words.append(self.tr("asked by {user}").format(user=user))
        return " · ".join(word for word in words if word)

    def _circumstances(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        scope = _table(body, "scope")
        where = Scope(_names(scope, "collections"), _names(scope, "documents"))
        searched = " · ".join(map(citing.one_line, (*where.collections, *where.documents)))
        rows = [(self.tr("Searched in"), escape(searched or citing.scope_words(where, self._desk.language)))]
        covered = _table(body, "coverage")
        if covered:
            counts = (_number(covered, "documents"), _number(covered, "pages"))
            coverage = Coverage(*counts, sections=_number(covered, "sections"))
            rows.append((self.tr("Extent"), escape(citing.coverage_words(coverage, self._desk.language))))
            if unreadable := _unreadable(covered):
                lines = citing.unreadable_words(Coverage(0, 0, unreadable), self._desk.language)
                rows.append((self.tr("Not readable"), "<br>".join(map(escape, lines))))
        return rows

    def _claim(self, claim: Claim) -> str:
        theme, language = self._desk.theme, self._desk.language
        colours = {Verdict.SUPPORTED: theme.good, Verdict.PARTIAL: theme.warn, Verdict.UNSUPPORTED: theme.bad}
        colour = colours.get(claim.verdict, theme.muted)
        verdict = citing.verdict_words(claim, language)
        if claim.verdict is not Verdict.CONVERSATION:
            verdict = self.tr("{verdict} (support {share})").format(verdict=verdict, share=f"{claim.support:.2f}")
        if claim.faults:
            why = self._desk.say("separator").join(self._message(fault) for fault in claim.faults)
            verdict = self._desk.say("reason_line", verdict=verdict, reasons=why)
        parts = [
            f"<p>{escape(citing.sentence(claim, language))}<br>"
            f'<span style="color:{colour}">{citing.MARKS[claim.verdict]} {escape(verdict)}</span></p>'
        ]
        for citation in claim.citations:
            where = f"{citing.one_line(citation.document)} · {citing.place_words(citation, language)}"
            href = f"{_LINK}{len(self.citations)}"
            self.citations.append(citation)
            quote = self._desk.say("quote_open", text=citing.one_line(citation.quote))
            parts.append(
                f'<p style="margin-left:18px"><a href="{href}" style="color:{theme.accent}">{escape(where)}</a>'
                f'<br><span style="color:{theme.muted}">{escape(quote)}</span></p>'
            )
        return "".join(parts)

    def _passages(self, body: Mapping[str, Any]) -> list[str]:
        candidates = _tables(body, "candidates")
        if not candidates:
            return []
        shown = {_text(e, "passage"): str(e.get("number", "")) for e in _tables(body, "evidence")}
        muted = self._desk.theme.muted
        parts = [_heading(self.tr("Passages found"))]
        for candidate in candidates:
            section = _text(candidate, "section")
            index = max(0, _number(candidate, "page") - 1)
            page = citing.page_words(index, section, self._desk.language, section=bool(section))
            where = f"{citing.one_line(_text(candidate, 'document'))} · {page}"
            words = self.tr("score {score} · meaning {meaning} · words {words}").format(
                score=_score(candidate.get("score")),
                meaning=_score(candidate.get("similarity")),
                words=_score(candidate.get("keyword_score")),
            )
            if number := shown.get(_text(candidate, "passage")):
                words += " · " + self.tr("shown to the model as {number}").format(number=number)
            parts.append(f'<p>{escape(where)}<br><span style="color:{muted}">{escape(words)}</span></p>')
        return parts

    def _proof(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        model, embedder = _table(body, "model"), _table(body, "embedder")
        rows = [
            (self.tr("Language model"), _safe(_text(model, "name"))),
            (self.tr("SHA-256 of the model"), _hash(_text(model, "sha256"))),
            (self.tr("Persona"), _safe(_text(model, "adapter"))),
            (self.tr("SHA-256 of the persona"), _hash(_text(model, "adapter_sha256"))),
            (self.tr("Computed on"), self._device(_text(model, "device"))),
            (self.tr("Embedding model"), _safe(_text(embedder, "name"))),
            (self.tr("SHA-256 of the embedding model"), _hash(_text(embedder, "sha256"))),
            (self.tr("SHA-256 of the prompt"), _hash(_text(body, "prompt_sha256"))),
            (self.tr("Seed"), "" if body.get("seed") is None else escape(str(body["seed"]))),
            (self.tr("Library revision"), escape(str(body.get("library_revision", "")))),
            (self.tr("Time (UTC)"), _safe(_text(body, "utc"))),
            (self.tr("Duration"), escape(self._seconds(_table(body, "seconds")))),
        ]
        return [(name, value) for name, value in rows if value]

    def _device(self, device: str) -> str:
        known = {"cpu": self.tr("processor"), "gpu": self.tr("graphics card")}
        return known.get(device, escape(device))

    def _seconds(self, seconds: Mapping[str, Any]) -> str:
        if not seconds:
            return ""
        words = self.tr("{total} s: search {find} s, writing {draft} s, checking {verify} s")
        return words.format(**{name: _score(seconds.get(name), 1) for name in ("total", "find", "draft", "verify")})

    def _lines(self, rows: Sequence[tuple[str, str]]) -> str:
        muted = self._desk.theme.muted
        cells = (
            f'<tr><td style="color:{muted}; padding-right:12px">{escape(name)}</td><td>{value}</td></tr>'
            for name, value in rows
        )
        return f'<table cellpadding="2" cellspacing="0" style="margin-top:8px">{"".join(cells)}</table>'

    def _message(self, key: str) -> str:
        """The sentence of a key; an old record may hold one that is no longer known."""
        if key not in catalogue():
            return citing.one_line(key)
        try:
            return self._desk.say(key)
        except (KeyError, IndexError):  # it needs details that the record does not hold
            return key


class _Sheet(QTextBrowser):
    """Shows text; never fetches anything that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        """Nothing."""
        return None


def boxed(inner: QWidget) -> QWidget:
    """``inner`` in a plain widget: what lies in a stack directly takes the page's colour."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(inner)
    return box


# -- reading a body that may be old, or damaged


def _heading(words: str) -> str:
    return f'<p style="margin-top:16px"><b>{escape(words)}</b></p>'


def _safe(text: str) -> str:
    return escape(citing.lines(text)).replace("\n", "<br>")


def _hash(text: str) -> str:
    return f'<span style="font-family:monospace; font-size:small">{escape(text)}</span>' if text else ""


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""


def _number(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    return value if isinstance(value, int) else 0


def _share(table: Mapping[str, Any], name: str) -> float:
    value = table.get(name)
    return value if isinstance(value, float) and 0 <= value <= 1 else 1.0


def _table(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _names(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = table.get(name)
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _score(value: object, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if isinstance(value, int | float) else "–"


def _tables(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = body.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _unreadable(covered: Mapping[str, Any]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    value = covered.get("unreadable")
    pairs = [one for one in value if isinstance(one, list) and len(one) == 2] if isinstance(value, list) else []
    return tuple(
        (str(name), tuple(page - 1 for page in pages if isinstance(page, int)))
        for name, pages in pairs
        if isinstance(pages, list)
    )


def _claims(body: Mapping[str, Any], name: str) -> list[Claim]:
    return [_claim(one) for one in _tables(body, name)]


def _claim(table: Mapping[str, Any]) -> Claim:
    support = table.get("support")
    return Claim(
        text=_text(table, "text"),
        verdict=_VERDICTS.get(_text(table, "verdict"), Verdict.UNSUPPORTED),
        support=float(support) if isinstance(support, int | float) else 0.0,
        citations=tuple(_citation(one) for one in _tables(table, "citations")),
        faults=_names(table, "faults"),
        verbatim=table.get("verbatim") is True,
    )


def _disagreements(body: Mapping[str, Any]) -> list[Disagreement]:
    """Those whose words this program knows; a record may be older, or damaged."""
    told: list[Disagreement] = []
    for one in _tables(body, "disagreements"):
        sides = [_side(side) for side in _tables(one, "sides")]
        if len(sides) == 2 and _text(one, "about") in catalogue():
            told.append(Disagreement(_text(one, "about"), (sides[0], sides[1])))
    return told


def _side(table: Mapping[str, Any]) -> Side:
    dated_by = _DATED_BY.get(_text(table, "dated_by"), DatedBy.ADDED)
    return Side(_citation(table), _text(table, "date"), dated_by)


def _citation(table: Mapping[str, Any]) -> Citation:
    return Citation(
        document=_text(table, "document"),
        sha256=_text(table, "sha256"),
        page_index=max(0, _number(table, "page") - 1),
        page_label=_text(table, "page_label"),
        passage_id=_text(table, "passage"),
        start=_number(table, "start"),
        end=_number(table, "end"),
        quote=_text(table, "quote"),
        section=table.get("section") is True,
        version=_number(table, "version"),
        confidence=_share(table, "confidence"),
    )
