"""Answers on their way out: as text for the clipboard, as a web page, as PDF, with everything that proves them.

Nothing that a document or a person says is read as markup: it is escaped, and the page forbids itself
scripts, images and links.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from html import escape
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QObject, QPointF, QRectF, QSizeF, Qt, QThread
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)

from core.errors import UserProblem
from core.messages import say
from core.nouns import AnswerKind, Citation, Claim, Exchange
from desktop.forms import doubt
from desktop.window import citing
from desktop.window.pdf_text import with_true_text

_COLOURS = """
.meta, .proof, .conversation, h3 { color: #566173; }
.supported { color: #1a7044; } .partial { color: #8a5a00; } .unsupported { color: #b3302a; }
.quote, .opening { color: #3a4552; } .number { white-space: pre; }
"""
_SCREEN = (
    _COLOURS
    + """
body { font-family: "Segoe UI", "Helvetica Neue", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
    sans-serif; color: #1b2430; line-height: 1.5; max-width: 46em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: 0; } h2 { font-size: 1.2em; margin: 1.6em 0 0.2em; }
h3 { font-size: 0.95em; margin: 1.2em 0 0.2em; } p { margin: 0.3em 0; }
td { vertical-align: top; padding: 0.25em 0.5em 0.25em 0; }
.meta, .proof { font-size: 0.85em; } .hash { font-family: monospace; word-break: break-all; }
hr { border: none; border-top: 1px solid #d9dee3; margin: 1.5em 0; }
"""
)
_PAPER = (
    _COLOURS
    + """
body { color: #1b2430; }
h1 { font-size: 15pt; margin-bottom: 0px; } h2 { font-size: 12pt; margin-top: 14px; margin-bottom: 2px; }
h3 { font-size: 9.5pt; margin-top: 12px; margin-bottom: 2px; } p { margin-top: 2px; margin-bottom: 4px; }
td { padding-right: 8px; padding-bottom: 5px; }
.meta, .proof { font-size: 8.5pt; } .hash { font-size: 7.5pt; }
"""
)
_PAGE = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head>
<body>{body}</body></html>
"""
_TITLE_LENGTH = 120
_COMMA = {"en": ", ", "zh": "，"}
_COLON = {"en": ": ", "zh": "："}
_IN_BRACKETS = {"en": " ({})", "zh": "（{}）"}
_DOTS = 300  # an inch; text is drawn as text whatever this is


def to_text(exchange: Exchange, language: str) -> str:
    """Question, sentences with their numbers, and the numbered sources, as plain text."""
    checked = exchange.answer.checked
    numbers = citing.numbered(checked.claims)
    parts = [citing.lines(exchange.typed), ""]
    if checked.opening:
        parts.append(citing.one_line(checked.opening))
    if refused := citing.refusal(exchange.answer, language):
        parts += [refused, citing.coverage_words(checked.coverage, language)]
    for claim in checked.claims:
        marks = "".join(f"[{n}]" for n in _numbers_of(claim, numbers))
        words = " ".join(part for part in (citing.sentence(claim, language), marks) if part)
        parts.append(words + _doubt(claim, language))
    parts += [f"≠ {line}" for line in citing.disagreement_lines(checked.disagreements, language)]
    if numbers:
        parts += ["", say("export_sources", language)]
        parts += [f"[{numbers[citing.place(c)]}] {_source(c, language)}" for c in citing.cited(checked.claims)]
    return "\n".join((*parts, "", _copied(exchange, language)))


def to_fragment(exchange: Exchange, language: str) -> str:
    """The same as HTML, for programs that take formatted text from the clipboard."""
    checked = exchange.answer.checked
    numbers = citing.numbered(checked.claims)
    parts = [f"<p><b>{_lines(exchange.typed)}</b></p>"]
    if checked.opening:
        parts.append(f"<p><i>{escape(citing.one_line(checked.opening))}</i></p>")
    if refused := citing.refusal(exchange.answer, language):
        parts.append(f"<p>{escape(refused)} {escape(citing.coverage_words(checked.coverage, language))}</p>")
    for claim in checked.claims:
        marks = "".join(f"[{n}]" for n in _numbers_of(claim, numbers))
        doubt = escape(_doubt(claim, language))
        parts.append(f"<p>{escape(citing.sentence(claim, language))} {marks}<i>{doubt}</i></p>")
    parts += [f"<p><b>≠ {escape(line)}</b></p>" for line in citing.disagreement_lines(checked.disagreements, language)]
    if numbers:
        parts.append(f"<p><b>{escape(say('export_sources', language))}</b></p>")
        parts += [
            f"<p>[{numbers[citing.place(c)]}] {escape(_source(c, language))}</p>" for c in citing.cited(checked.claims)
        ]
    parts.append(f"<p><small>{escape(_copied(exchange, language))}</small></p>")
    return "\n".join(parts)


def to_html(exchanges: Sequence[Exchange], language: str) -> str:
    """A whole page: each question with its checked sentences, sources, what was left out, and what proves it."""
    return _page(exchanges, language, _SCREEN)


def _page(exchanges: Sequence[Exchange], language: str, style: str) -> str:
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z")
    title = citing.one_line(exchanges[0].typed)[:_TITLE_LENGTH] if exchanges else ""
    body = [
        f"<h1>{escape(say('export_heading', language))}</h1>",
        f'<p class="meta">Vademecum · {escape(say("export_made", language, date=made))}</p>',
        *(_exchange(exchange, language) for exchange in exchanges),
    ]
    lang = "zh-CN" if language == "zh" else "en"
    return _PAGE.format(lang=lang, title=escape(title), style=style, body="\n".join(body))


def to_pdf(exchanges: Sequence[Exchange], language: str) -> bytes:
    """The same page as a PDF on A4, its pages numbered."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(20, 18, 20, 14), QPageLayout.Unit.Millimeter)
    writer.setResolution(_DOTS)
    title = citing.one_line(exchanges[0].typed)[:_TITLE_LENGTH] if exchanges else ""
    writer.setTitle(title)
    writer.setCreator("Vademecum")
    document = QTextDocument()
    font = QFont(QGuiApplication.font())
    font.setPointSizeF(9.5)
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.documentLayout().setPaintDevice(writer)
    foot = writer.height() // 24
    size = QSizeF(writer.width(), writer.height() - foot)
    document.setPageSize(size)
    document.setHtml(_page(exchanges, language, _PAPER))
    painter = QPainter(writer)
    font.setPointSizeF(8)
    painter.setFont(font)
    for page in range(document.pageCount()):
        if page:
            writer.newPage()
        painter.save()
        painter.translate(0, -page * size.height())
        document.drawContents(painter, QRectF(QPointF(0, page * size.height()), size))
        painter.restore()
        painter.setPen(QColor("#566173"))
        strip = QRectF(0, size.height(), size.width(), foot)
        name = QFontMetricsF(font, writer).elidedText(title, Qt.TextElideMode.ElideRight, size.width() * 0.8)
        painter.drawText(strip, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, name)
        number = f"{page + 1} / {document.pageCount()}"
        painter.drawText(strip, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, number)
    painter.end()
    buffer.close()
    return with_true_text(bytes(data.data()))


def save(file: Path, kind: str, exchanges: Sequence[Exchange], language: str) -> None:
    """Write a PDF or a web page (``kind`` "pdf" or "html").  UserProblem when the disk refuses."""
    makers: dict[str, Callable[[], bytes]] = {
        "pdf": lambda: to_pdf(exchanges, language),
        "html": lambda: to_html(exchanges, language).encode("utf-8"),
    }
    write_aside(file, makers[kind]())


def write_aside(file: Path, data: bytes) -> None:
    """``data`` into ``file``, written aside and renamed last.  UserProblem when the disk refuses."""
    aside = ""
    try:
        handle, aside = tempfile.mkstemp(prefix=".vademecum-", dir=file.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, file)
    except OSError as fault:
        if aside:
            with suppress(OSError):
                os.unlink(aside)
        raise UserProblem("cannot_write", path=file, fault=fault.strerror or fault) from fault


class Writing(QThread):
    """Writes a file beside the event loop: a long conversation takes a second.  Tells when it is finished."""

    def __init__(
        self, file: Path, kind: str, exchanges: Sequence[Exchange], language: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.file = file
        self.problem: UserProblem | None = None
        self._kind, self._exchanges, self._language = kind, exchanges, language

    def run(self) -> None:
        """Write; a problem is kept for who started it."""
        try:
            save(self.file, self._kind, self._exchanges, self._language)
        except UserProblem as problem:
            self.problem = problem


def _exchange(exchange: Exchange, language: str) -> str:
    answer, checked = exchange.answer, exchange.answer.checked
    numbers = citing.numbered(checked.claims)
    asked = say(
        "export_asked",
        language,
        date=citing.local_time(exchange.utc, language),
        scope=citing.scope_words(exchange.scope, language),
    )
    parts = ["<hr>", f"<h2>{_lines(exchange.typed)}</h2>", _meta(asked)]
    if citing.one_line(checked.question) != citing.one_line(exchange.typed):
        parts.append(_meta(say("export_understood", language, question=citing.one_line(checked.question))))
    if checked.searched:
        parts.append(_meta(say("export_searched", language, question=citing.one_line(checked.searched))))
    if checked.opening:
        told = escape(say("export_opening", language))
        parts.append(
            f'<p class="opening">{escape(citing.one_line(checked.opening))}<br><span class="meta">{told}</span></p>'
        )
    if refused := citing.refusal(answer, language):
        parts.append(f"<p><b>{escape(refused)}</b></p>")
    if checked.claims:
        rows = (_claim(claim, numbers, language) for claim in checked.claims)
        parts.append(f'<table cellspacing="0">{"".join(rows)}</table>')
    lines = citing.disagreement_lines(checked.disagreements, language)
    parts += [f'<p class="partial"><b>≠</b> {escape(line)}</p>' for line in lines]
    if numbers:
        parts.append(f"<h3>{escape(say('export_sources', language))}</h3>")
        rows = (_cited(c, numbers[citing.place(c)], exchange, language) for c in citing.cited(checked.claims))
        parts.append(f'<table cellspacing="0">{"".join(rows)}</table>')
    if checked.removed:
        parts.append(f"<h3>{escape(say('export_left_out', language))}</h3>")
        rows = (_claim(claim, {}, language, struck=True) for claim in checked.removed)
        parts.append(f'<table cellspacing="0">{"".join(rows)}</table>')
    if checked.kind is AnswerKind.NOT_FOUND:
        if checked.nearest:
            parts.append(f"<h3>{escape(say('export_nearest', language))}</h3>")
        for found in checked.nearest:
            page = citing.page_words(found.passage.page_index, found.page_label, language, section=found.section)
            where = citing.one_line(found.document) + _COMMA[language] + page
            parts.append(
                f"<p><b>{escape(where)}</b><br>"
                f'<span class="quote">{escape(citing.one_line(found.passage.text))}</span></p>'
            )
        if checked.coverage.unreadable:
            parts.append(f"<h3>{escape(say('export_unreadable', language))}</h3>")
            parts += [f"<p>{escape(line)}</p>" for line in citing.unreadable_words(checked.coverage, language)]
    return "\n".join((*parts, *_proof(exchange, language)))


def _claim(claim: Claim, numbers: dict[citing.Place, int], language: str, *, struck: bool = False) -> str:
    kind = claim.verdict.value
    words = escape(citing.sentence(claim, language))
    marks = "".join(f" [{n}]" for n in _numbers_of(claim, numbers))
    verdict = citing.reasons(claim, language) or citing.verdict_words(claim, language)
    return (
        f'<tr><td class="number {kind}">{citing.MARKS[claim.verdict]}</td>'
        f"<td>{f'<s>{words}</s>' if struck else words}<b>{marks}</b><br>"
        f'<span class="meta"><span class="{kind}">{escape(verdict)}</span></span></td></tr>'
    )


def _cited(citation: Citation, number: int, exchange: Exchange, language: str) -> str:
    position = say("cite_position", language, start=citation.start + 1, end=citation.end)
    where = _place(citation, language)
    old = citation.sha256 in exchange.outdated
    remarks = [say("cite_replaced", language)] if old else []
    remarks += [words] if (words := doubt(citation, language)) else []
    told = "".join(f'<br><span class="partial">{escape(words)}</span>' for words in remarks)
    return (
        f'<tr><td class="number"><b>[{number}]</b></td><td><b>{escape(where)}</b> · {escape(position)}<br>'
        f'<span class="quote">{escape(_quote(citation, language))}</span>{told}</td></tr>'
    )


def _proof(exchange: Exchange, language: str) -> list[str]:
    answer, checked = exchange.answer, exchange.answer.checked
    contents = {c.sha256: citing.one_line(c.document) for c in citing.cited(checked.claims)}
    parts = [_meta(citing.coverage_words(checked.coverage, language))]
    model = answer.model
    parts.append(_meta(say("export_model", language, model=citing.one_line(model.name), sha256=model.sha256)))
    if model.adapter:
        adapter = citing.one_line(model.adapter)
        parts.append(_meta(say("export_adapter", language, adapter=adapter, sha256=model.adapter_sha256)))
    parts.append(_meta(say("export_record", language, sequence=answer.record.sequence, hash=answer.record.hash)))
    revision = answer.library_revision
    if checked.kind is AnswerKind.CONVERSATION:
        parts.append(_meta(say("export_conversation", language)))
    elif not contents:
        parts.append(_meta(say("export_verified_nothing", language, revision=revision)))
    else:
        parts.append(_meta(say("export_verified", language, revision=revision)))
        parts += [
            f'<p class="proof">{escape(name)}<br><span class="hash">{escape(sha256)}</span></p>'
            for sha256, name in contents.items()
        ]
    return parts


def _numbers_of(claim: Claim, numbers: dict[citing.Place, int]) -> list[int]:
    """The numbers of a sentence's citations, each once."""
    return list(dict.fromkeys(numbers[at] for c in claim.citations if (at := citing.place(c)) in numbers))


def _doubt(claim: Claim, language: str) -> str:
    """Why a sentence is not fully supported, to be put behind it."""
    words = citing.reasons(claim, language)
    return _IN_BRACKETS[language].format(words) if words else ""


def _place(citation: Citation, language: str) -> str:
    return citing.one_line(citation.document) + _COMMA[language] + citing.place_words(citation, language)


def _source(citation: Citation, language: str) -> str:
    source = _place(citation, language)
    words = doubt(citation, language)
    remark = _IN_BRACKETS[language].format(words) if words else ""
    return source + _COLON[language] + _quote(citation, language) + remark


def _quote(citation: Citation, language: str) -> str:
    return say("quote_open", language, text=citing.one_line(citation.quote))


def _copied(exchange: Exchange, language: str) -> str:
    date = citing.local_time(exchange.utc, language)
    return say("copied_from", language, date=date, sequence=exchange.answer.record.sequence)


def _meta(words: str) -> str:
    return f'<p class="meta">{escape(words)}</p>'


def _lines(text: str) -> str:
    return escape(citing.lines(text)).replace("\n", "<br>")
