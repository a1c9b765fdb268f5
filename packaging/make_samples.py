"""Draws the sample documents of `desktop/samples`: the same bytes on every run.

    python packaging/make_samples.py            writes them
    python packaging/make_samples.py --check    says which of the files there differ from what it would write

Needs reportlab and pypdf[crypto] from PyPI and, for the letters themselves, the
Debian packages fonts-liberation2 and fonts-lxgw-wenkai (both SIL Open Font
License, TrueType: reportlab cannot embed CFF).  The two contracts are not drawn
here; they are kept as The Atticus Project published them.
"""

# mypy: disable-error-code="import-untyped"
# reportlab ships no types.
from __future__ import annotations

import argparse
import hashlib
import io
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pypdf import PdfReader, PdfWriter
from reportlab import rl_config
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "desktop" / "samples"
TEXTS = Path(__file__).resolve().parent / "sample_texts"

PASSWORD = "open-sesame"
FONT_FILES = {
    "Sans": "LiberationSans-Regular.ttf",
    "Sans-Bold": "LiberationSans-Bold.ttf",
    "Serif": "LiberationSerif-Regular.ttf",
    "Serif-Bold": "LiberationSerif-Bold.ttf",
    "Kai": "LXGWWenKai-Regular.ttf",
    "Kai-Bold": "LXGWWenKai-Bold.ttf",
}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path.home() / ".local/share/fonts", Path.home() / "Library/Fonts")

INK = (0.12, 0.13, 0.15)
QUIET = (0.38, 0.40, 0.44)
LINE = (0.72, 0.74, 0.78)
ALARM = (0.66, 0.10, 0.10)
TINT = (0.945, 0.95, 0.96)


def font_path(file_name: str) -> Path:
    """The font file, or an exit with the packages to install."""
    for folder in FONT_FOLDERS:
        for found in sorted(folder.rglob(file_name)) if folder.is_dir() else ():
            return found
    sys.exit(f"{file_name} is not installed. On Debian: apt install fonts-liberation2 fonts-lxgw-wenkai")


@dataclass(frozen=True)
class Piece:
    """A stretch that is never broken across lines."""

    text: str
    font: str


@dataclass(frozen=True)
class Look:
    """Typefaces and measures of a document, in points."""

    plain: str
    bold: str
    size: float
    leading: float
    margin: float = 68.0
    top: float = 74.0
    bottom: float = 66.0


ENGLISH = Look("Serif", "Serif-Bold", 10.5, 14.6)
BRIEFING = Look("Sans", "Sans-Bold", 10.5, 15.6)
CHINESE = Look("Kai", "Kai-Bold", 11.5, 20.0)
POCKET = Look("Serif", "Serif-Bold", 10.5, 14.6, margin=46.0, top=70.0, bottom=56.0)
POCKET_CHINESE = Look("Kai", "Kai-Bold", 11.0, 18.0, margin=46.0, top=70.0, bottom=56.0)

# A figure and its unit stay on one line, as a careful typesetter would have it.
_FIGURE = (
    r"(?:CrCl )?(?:[≥<≤] ?)?\d[\d.,–]*(?:%| (?:mg|mL/min|mL|g|°C|hours|days|weeks|months|years|h|小时|天|周|个月|℃))?"
)
_PIECES = re.compile(
    rf"\*\*|{_FIGURE}[^\s\u3000-\u9fff\uff00-\uffef*]*|[^\s\u3000-\u9fff\uff00-\uffef*]+|\s|.", re.DOTALL
)
_NEVER_FIRST = "，。；：、？！）》〉”’%℃"
_NEVER_LAST = "（《〈“‘"


def pieces(text: str, look: Look) -> list[Piece]:
    """`text` cut where a line may break; `**` switches bold on and off."""
    cut: list[Piece] = []
    bold = False
    for match in _PIECES.finditer(text):
        part = match.group()
        if part == "**":
            bold = not bold
            continue
        font = look.bold if bold else look.plain
        before = cut[-1] if cut else None
        glued = before is not None and (part in _NEVER_FIRST or before.text[-1] in _NEVER_LAST)
        if glued and before is not None and before.font == font:
            cut[-1] = Piece(before.text + part, font)
        else:
            cut.append(Piece(part, font))
    return cut


def width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))


def broken(text: str, look: Look, size: float, room: float, first_indent: float = 0.0) -> list[list[Piece]]:
    """The lines of a paragraph."""
    lines: list[list[Piece]] = [[]]
    used = first_indent
    for piece in pieces(text, look):
        wide = width(piece.text, piece.font, size)
        if used + wide > room and lines[-1] and not piece.text.isspace():
            lines.append([])
            used = 0.0
        if piece.text == " " and not lines[-1]:
            continue
        lines[-1].append(piece)
        used += wide
    for line in lines:
        while line and line[-1].text == " ":
            line.pop()
    return [line for line in lines if line]


@dataclass
class Sheet:
    """A document being drawn from top to bottom; `save` gives its bytes."""

    title: str
    subject: str
    look: Look
    language: str
    header: str
    footer: Callable[[int], str]
    author: str = "Vademecum samples"
    warning: str = ""
    first_number: int = 1
    paper: tuple[float, float] = A4
    page: int = 0
    y: float = 0.0
    buffer: io.BytesIO = field(default_factory=io.BytesIO)

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.buffer, pagesize=self.paper, pageCompression=1, invariant=1, lang=self.language)
        self.canvas.setTitle(self.title)
        self.canvas.setSubject(self.subject)
        self.canvas.setAuthor(self.author)
        self.canvas.setCreator("packaging/make_samples.py")
        self.wide, self.high = self.paper
        self.room = self.wide - 2 * self.look.margin
        self.turn()

    def turn(self) -> None:
        """Begins the next page."""
        if self.page:
            self.finish()
        self.page += 1
        if self.page == 1 and self.first_number > 1:
            self.canvas.addPageLabel(0, style="ARABIC", start=self.first_number)
        left, right, size = self.look.margin, self.wide - self.look.margin, self.look.size - 2.5
        self.put(left, self.high - 44, self.header, self.look.plain, size, QUIET)
        self.rule(self.high - 50)
        if self.warning:
            said = width(self.warning, self.look.bold, size)
            self.put(right - said, self.high - 44, self.warning, self.look.bold, size, ALARM)
        self.y = self.high - self.look.top

    def finish(self) -> None:
        """Ends the page with its number: drawn last, so that it is also read last."""
        foot, size = self.footer(self.page - 1 + self.first_number), self.look.size - 2.5
        self.put((self.wide - width(foot, self.look.plain, size)) / 2, 34, foot, self.look.plain, size, QUIET)
        self.canvas.showPage()

    def put(self, x: float, y: float, text: str, font: str, size: float, colour: tuple[float, float, float]) -> None:
        self.canvas.setFillColorRGB(*colour)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)

    def rule(self, y: float) -> None:
        self.canvas.setStrokeColorRGB(*LINE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(self.look.margin, y, self.wide - self.look.margin, y)

    def need(self, height: float) -> None:
        """Turns the page when less than `height` is left on it."""
        if self.y - height < self.look.bottom:
            self.turn()

    def gap(self, height: float) -> None:
        self.y -= height

    def mark(self, title: str, level: int) -> None:
        """Adds an entry to the outline that leads to here."""
        key = f"p{self.page}y{self.y:.0f}"
        self.canvas.bookmarkHorizontal(key, 0, min(self.y + self.look.leading, self.high))
        self.canvas.addOutlineEntry(title, key, level, closed=False)

    def draw(
        self, line: Sequence[Piece], x: float, size: float, spread: float, colour: tuple[float, float, float]
    ) -> None:
        """One line; pieces of one font go out as one string, so that a reader finds whole words."""
        self.canvas.setFillColorRGB(*colour)
        run = self.canvas.beginText(x, self.y)
        run.setCharSpace(spread)
        at = 0
        while at < len(line):
            font, text = line[at].font, ""
            while at < len(line) and line[at].font == font:
                text += line[at].text
                at += 1
            run.setFont(font, size)
            run.textOut(text)
        self.canvas.drawText(run)

    def paragraph(
        self,
        text: str,
        *,
        size: float = 0.0,
        leading: float = 0.0,
        indent: float = 0.0,
        first: float = 0.0,
        after: float = 5.0,
        centred: bool = False,
        colour: tuple[float, float, float] = INK,
        keep: int = 2,
    ) -> None:
        """A paragraph; at least `keep` lines of it stand together at the foot of a page."""
        size = size or self.look.size
        leading = leading or self.look.leading
        lines = broken(text, self.look, size, self.room - indent, first)
        if len(lines) <= keep + 1:
            self.need(leading * len(lines))
        for number, line in enumerate(lines):
            left = len(lines) - number
            self.need(leading * (2 if left == 2 or (number == 0 and left > 1) else 1))
            self.y -= leading
            long = sum(width(p.text, p.font, size) for p in line)
            start = indent + (first if number == 0 else 0.0)
            slack = self.room - start - long
            characters = sum(len(p.text) for p in line)
            # Chinese is set flush by a hair of space between the characters.
            flush = self.look.plain == "Kai" and number < len(lines) - 1 and 0 < slack < 4 * size and characters > 20
            x = self.look.margin + ((self.room - long) / 2 if centred else start)
            self.draw(line, x, size, slack / (characters - 1) if flush and not centred else 0.0, colour)
        self.y -= after

    def heading(self, text: str, *, level: int = 0, size: float = 0.0, centred: bool = False) -> None:
        """A heading that never stands alone at the foot of a page, with its outline entry."""
        size = size or self.look.size + 1.5
        self.gap(size * 0.55)
        self.need(size * 1.9 + 3 * self.look.leading)
        self.mark(text, level)
        self.paragraph(f"**{text}**", size=size, leading=size * 1.45, after=size * 0.35, centred=centred)

    def table(self, rows: Sequence[Sequence[str]], shares: Sequence[float], *, size: float = 0.0) -> None:
        """A ruled table, first row as its head; kept on one page."""
        size = size or self.look.size - 1
        leading, pad = size * 1.42, 5.0
        widths = [share / sum(shares) * self.room for share in shares]
        cells = [
            [
                broken(f"**{c}**" if r == 0 else c, self.look, size, w - 2 * pad)
                for c, w in zip(row, widths, strict=True)
            ]
            for r, row in enumerate(rows)
        ]
        heights = [max(len(cell) for cell in row) * leading + 2 * pad - 3 for row in cells]
        self.need(sum(heights) + 6)
        top = self.y - 4
        self.canvas.setStrokeColorRGB(*LINE)
        self.canvas.setLineWidth(0.6)
        for number, (row, height) in enumerate(zip(cells, heights, strict=True)):
            if number == 0:
                self.canvas.setFillColorRGB(*TINT)
                self.canvas.rect(self.look.margin, top - height, self.room, height, stroke=0, fill=1)
            self.canvas.line(self.look.margin, top, self.look.margin + self.room, top)
            x = self.look.margin
            for cell, wide in zip(row, widths, strict=True):
                for line_number, line in enumerate(cell):
                    self.y = top - pad + 1.5 - leading * (line_number + 1) + leading * 0.22
                    self.draw(line, x + pad, size, 0.0, INK)
                x += wide
            top -= height
        self.canvas.line(self.look.margin, top, self.look.margin + self.room, top)
        self.y = top - 8

    def notice(self, text: str) -> None:
        """A framed warning in dark red on white paper (pale text on a dark bar reads as hidden to a checker)."""
        size, pad = self.look.size - 0.5, 7.0
        leading = size * 1.45
        lines = broken(f"**{text}**", self.look, size, self.room - 2 * pad)
        height = leading * len(lines) + 2 * pad - 4
        self.gap(6)
        self.need(height)
        self.canvas.setStrokeColorRGB(*ALARM)
        self.canvas.setLineWidth(1.0)
        self.canvas.rect(self.look.margin, self.y - height, self.room, height, stroke=1, fill=0)
        bottom = self.y - height
        self.y -= pad - 5.5
        for line in lines:
            self.y -= leading
            long = sum(width(p.text, p.font, size) for p in line)
            self.draw(line, self.look.margin + (self.room - long) / 2, size, 0.0, ALARM)
        self.y = bottom - 8

    def save(self) -> bytes:
        self.finish()
        self.canvas.save()
        return self.buffer.getvalue()


def statute(text: str) -> bytes:
    """A statute: title, history, chapters, one paragraph per article, its items below it."""
    lines = text.splitlines()
    title = lines[0].removeprefix("# ")
    sheet = Sheet(
        title=title,
        subject="Statute text, public domain (Copyright Law of the People's Republic of China, Article 5)",
        look=CHINESE,
        language="zh-CN",
        header=title,
        footer=lambda number: f"第 {number} 页",
    )
    sheet.gap(14)
    sheet.paragraph(f"**{title}**", size=20, leading=30, after=8, centred=True)
    for line in lines[1:]:
        if line.startswith("> "):
            sheet.paragraph(line[2:], size=10, leading=16, after=0, centred=True, colour=QUIET)
    sheet.gap(12)
    for line in lines[1:]:
        if line.startswith("## "):
            sheet.heading(line[3:], size=14, centred=True)
        elif line.startswith("### "):
            sheet.heading(line[4:], level=1, size=12.5, centred=True)
        elif not line.startswith(">"):
            sheet.paragraph(re.sub(r"^(第\S+条)", r"**\1**", line), first=2 * CHINESE.size, after=3)
    return sheet.save()


def monograph(text: str, sheet: Sheet) -> bytes:
    """Sets a text of titles (#), subtitles (>), headings (##), notices (!), bullets (-), tables (|) and paragraphs."""
    chinese = sheet.language == "zh-CN"
    bullet, first = ("·", 2 * sheet.look.size) if chinese else ("•", 0.0)
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            sheet.table(rows, [4, 3, 3] if len(rows[0]) == 3 else [3, 7])
            rows = []
        mark, _, rest = line.partition(" ")
        match mark:
            case "#":
                sheet.gap(4)
                sheet.paragraph(f"**{rest}**", size=19, leading=25, after=3)
            case ">":
                sheet.paragraph(rest, colour=QUIET, after=3)
            case "!":
                sheet.notice(rest)
            case "##":
                sheet.heading(rest)
            case "-":
                sheet.paragraph(f"{bullet} {rest}", indent=12, after=2)
            case "Table:":
                sheet.need(150)
                sheet.paragraph(f"**{rest}**", size=sheet.look.size - 1, after=0)
            case _ if line:
                sheet.paragraph(line, first=first)
    return sheet.save()


def monograph_en(text: str) -> bytes:
    """Pages labelled 12, 13, 14: an excerpt keeps the page numbers of the book it comes from."""
    return monograph(
        text,
        Sheet(
            title="Quilodarine 250 mg film-coated tablets (fictional sample)",
            subject="Fictional sample, not for medical use",
            look=ENGLISH,
            language="en-GB",
            header="Sample Formulary",
            warning="Fictional sample, not for medical use",
            footer=lambda number: f"Page {number}",
            first_number=12,
        ),
    )


def monograph_zh(text: str) -> bytes:
    return monograph(
        text,
        Sheet(
            title="奎洛达林片说明书（虚构样本）",
            subject="虚构样本，不得用于医疗",
            look=CHINESE,
            language="zh-CN",
            header="样本处方集",
            warning="虚构样本，不得用于医疗",
            footer=lambda number: f"第 {number} 页",
        ),
    )


def handbook(title: str, header: str, warning: str, look: Look, language: str) -> Callable[[str], bytes]:
    """Draws a pocket handbook of an invented house; its text is in the form of :func:`monograph`."""

    def draw(text: str) -> bytes:
        pages = (lambda number: f"第 {number} 页") if language == "zh-CN" else (lambda number: f"Page {number}")
        return monograph(text, Sheet(title, warning, look, language, header, pages, warning=warning, paper=A5))

    return draw


@dataclass(frozen=True)
class Edition:
    """The figures of one edition of the outlook, in per cent."""

    month: str
    published: str
    published_zh: str
    world: str
    advanced: str
    emerging: str
    world_next: str
    trade: str
    inflation: str
    why: str
    why_zh: str


JANUARY = Edition(
    month="January 2025",
    published="Published 20 January 2025",
    published_zh="2025年1月20日发布",
    world="3.5%",
    advanced="1.9%",
    emerging="4.6%",
    world_next="3.4%",
    trade="3.3%",
    inflation="4.2%",
    why="Household spending has held up better than expected and financing conditions are easing in most regions. "
    "The risks to this projection are broadly balanced.",
    why_zh="居民消费好于预期，多数地区的融资条件正在放松。这一预测面临的风险总体平衡。",
)
JULY = Edition(
    month="July 2025",
    published="Published 21 July 2025",
    published_zh="2025年7月21日发布",
    world="3.1%",
    advanced="1.5%",
    emerging="4.2%",
    world_next="3.2%",
    trade="2.4%",
    inflation="4.3%",
    why="The projection is 0.4 percentage points lower than in the January edition, because new trade barriers weigh on "
    "investment and exports. The risks to this projection are tilted to the downside.",
    why_zh="与1月版相比，预测值下调0.4个百分点，原因是新的贸易壁垒拖累了投资和出口。这一预测面临的风险偏向下行。",
)


def outlook(edition: Edition) -> bytes:
    """One page in two languages; only figures, dates and reasons differ between the editions."""
    sheet = Sheet(
        title=f"World Economic Briefing, {edition.month} (sample)",
        subject="Sample document of an invented institute",
        look=BRIEFING,
        language="en-GB",
        header="Larkfield Institute for Economic Research (invented)",
        warning="Sample document, invented figures",
        footer=lambda number: f"World Economic Briefing · {edition.month} · Page {number}",
    )
    sheet.gap(8)
    sheet.paragraph(f"**World Economic Briefing, {edition.month}**", size=20, leading=26, after=2)
    sheet.paragraph(edition.published, colour=QUIET, after=10)
    sheet.heading("Global growth in 2025")
    sheet.paragraph(
        f"Global GDP growth in 2025 is projected at {edition.world}. Output in advanced economies is expected to grow by "
        f"{edition.advanced}, and in emerging and developing economies by {edition.emerging}. {edition.why}"
    )
    sheet.heading("Outlook for 2026")
    sheet.paragraph(
        f"For 2026 the institute expects world output to grow by {edition.world_next}. Global inflation is expected to average "
        f"{edition.inflation} in 2025, and the volume of world trade to grow by {edition.trade} in the same year."
    )
    sheet.gap(4)
    sheet.paragraph("**Table 1. Main projections for 2025 (annual change)**", size=9.5, after=0)
    sheet.table(
        [
            ["Indicator", "2025"],
            ["World output (GDP)", edition.world],
            ["Advanced economies", edition.advanced],
            ["Emerging and developing economies", edition.emerging],
            ["World trade volume", edition.trade],
            ["Consumer prices", edition.inflation],
        ],
        [7, 3],
    )
    sheet.look = Look("Kai", "Kai-Bold", 11.5, 19.5)
    sheet.heading("中文摘要")
    sheet.paragraph(
        f"2025年全球GDP增长率预计为{edition.world}。其中，发达经济体增长{edition.advanced}，新兴市场和发展中经济体增长"
        f"{edition.emerging}。{edition.why_zh}"
    )
    sheet.paragraph(
        f"预计2025年全球通胀率平均为{edition.inflation}，世界贸易量增长{edition.trade}。（{edition.published_zh}）"
    )
    sheet.look = BRIEFING
    sheet.heading("About this briefing")
    sheet.paragraph(
        "The World Economic Briefing appears twice a year, in January and in July. The projections rest on the assumption that "
        "announced policies are carried out and that energy prices follow the futures market at the time of writing. Each "
        "edition replaces the one before it."
    )
    sheet.notice("Sample document. The institute and all its figures are invented.")
    return sheet.save()


def scanned_letter(text: str) -> bytes:
    """A page without any text layer: a letter as a scanner gives it, a little crooked and noisy, 170 dpi grey."""
    dpi = 170
    wide, high = int(8.27 * dpi), int(11.69 * dpi)
    size = round(12.5 / 72 * dpi)
    plain = ImageFont.truetype(font_path(FONT_FILES["Serif"]), size, layout_engine=ImageFont.Layout.BASIC)
    bold = ImageFont.truetype(font_path(FONT_FILES["Serif-Bold"]), size, layout_engine=ImageFont.Layout.BASIC)
    paper = Image.new("L", (wide, high), 250)
    pen = ImageDraw.Draw(paper)
    left, y, room = int(0.95 * dpi), int(0.95 * dpi), wide - int(1.95 * dpi)
    pen.text(
        (left, int(0.5 * dpi)), "FICTIONAL SAMPLE: persons, hospital and findings are invented", fill=70, font=plain
    )
    for written in text.splitlines():
        font = bold if written.startswith("**") else plain
        line = ""
        for word in written.strip("*").split(" "):
            tried = f"{line} {word}".strip()
            if font.getlength(tried) > room and line:
                pen.text((left, y), line, fill=35, font=font)
                y += int(size * 1.42)
                line = word
            else:
                line = tried
        pen.text((left, y), line, fill=35, font=font)
        y += int(size * (1.42 if written else 0.9))
    crooked = paper.rotate(0.6, resample=Image.Resampling.BICUBIC, fillcolor=250).filter(ImageFilter.GaussianBlur(0.55))
    chance = random.Random(2025)
    grain = Image.frombytes(
        "L", (256, 256), bytes(min(255, max(0, round(chance.gauss(128, 5)))) for _ in range(256 * 256))
    )
    noise = Image.new("L", crooked.size)
    for x in range(0, wide, 256):
        for top in range(0, high, 256):
            noise.paste(grain, (x, top))
    mixed = bytes(min(255, max(0, a + b - 128)) for a, b in zip(crooked.tobytes(), noise.tobytes(), strict=True))
    scan = io.BytesIO()
    Image.frombytes("L", crooked.size, mixed).save(scan, "JPEG", quality=42, dpi=(dpi, dpi))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, lang="en-GB")
    canvas.setTitle("Scanned discharge letter (fictional sample)")
    canvas.setSubject("Fictional sample: persons, hospital and findings are invented")
    canvas.setAuthor("Vademecum samples")
    canvas.drawImage(ImageReader(scan), 0, 0, *A4)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@contextmanager
def fixed_chance(seed: str) -> Iterator[None]:
    """Replaces the random bytes of an encryption by fixed ones: right only where the password is public anyway."""
    counter = 0

    def token_bytes(count: int | None = None) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(f"{seed}:{counter}".encode()).digest(count or 32)

    with mock.patch("secrets.token_bytes", token_bytes):
        yield


def locked_note() -> bytes:
    """A one-page file note of an invented law office, AES-256, opened by PASSWORD."""
    sheet = Sheet(
        title="File note: settlement (fictional sample)",
        subject="Fictional sample: persons, firms and figures are invented",
        look=ENGLISH,
        language="en-GB",
        header="Ashdown & Pell, Solicitors (invented)",
        warning="Fictional sample",
        footer=lambda number: f"Page {number}",
    )
    sheet.gap(8)
    sheet.paragraph("**File note: Harbour Lane Bakery v. Tidewell Storage**", size=17, leading=23, after=3)
    sheet.paragraph("Matter 2025-0117 · 6 May 2025 · Confidential", colour=QUIET, after=10)
    for heading, text in {
        "Present": "For Harbour Lane Bakery: its director, Ms. Petra Lindqvist. For Tidewell Storage: its finance manager, "
        "Mr. Owen Castellan.",
        "Settlement": "Tidewell Storage pays Harbour Lane Bakery EUR 48,500 in full and final settlement. The amount is due "
        "in two equal instalments, on 30 June 2025 and on 30 September 2025.",
        "Costs": "Each party bears its own costs.",
        "Confidentiality": "The terms are confidential, except where disclosure is required by law.",
    }.items():
        sheet.paragraph(f"**{heading}.** {text}", after=8)
    sheet.notice("Fictional sample. Persons, firms and figures are invented.")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(sheet.save())))
    sealed = io.BytesIO()
    with fixed_chance("vademecum sample"):
        writer.encrypt(user_password=PASSWORD, owner_password=PASSWORD, algorithm="AES-256")
        writer.write(sealed)
    return sealed.getvalue()


def drawn() -> dict[str, bytes]:
    """Every drawn sample by its file name."""
    rl_config.useA85 = 0  # bytes as bytes: the text form of streams is a quarter larger
    for name, file_name in FONT_FILES.items():
        pdfmetrics.registerFont(TTFont(name, font_path(file_name)))
    drawn_from: dict[str, Callable[[str], bytes]] = {
        "中华人民共和国劳动合同法": statute,
        "职工带薪年休假条例": statute,
        "quilodarine-monograph-en": monograph_en,
        "quilodarine-monograph-zh": monograph_zh,
        "scanned-discharge-letter": scanned_letter,
        "handbooks/surgical-ward-handbook": handbook(
            "Handbook of the surgical wards (fictional sample)",
            "Sample General Hospital",
            "Fictional sample, not for medical use",
            POCKET,
            "en-GB",
        ),
        "handbooks/内科会诊手册": handbook(
            "内科会诊与急症处理手册（虚构样本）", "样本综合医院", "虚构样本，不得用于医疗", POCKET_CHINESE, "zh-CN"
        ),
        "handbooks/investment-handbook": handbook(
            "Investment and contracts handbook (fictional sample)",
            "Sample Capital Partners",
            "Fictional sample, not advice",
            POCKET,
            "en-GB",
        ),
        "handbooks/员工与合规手册": handbook(
            "员工与合规手册（虚构样本）", "样本金融服务公司", "虚构样本，不构成法律意见", POCKET_CHINESE, "zh-CN"
        ),
    }
    return {
        **{
            f"{stem}.pdf": draw((TEXTS / f"{Path(stem).name}.txt").read_text("utf-8"))
            for stem, draw in drawn_from.items()
        },
        "economic-outlook-2025-january.pdf": outlook(JANUARY),
        "economic-outlook-2025-july.pdf": outlook(JULY),
        "confidential-settlement-note.pdf": locked_note(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the samples, or with --check compares them; 1 when a file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=SAMPLES, help="folder to write to (desktop/samples)")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the files in the folder")
    options = parser.parse_args(arguments)
    differ = 0
    for name, data in drawn().items():
        target = options.into / name
        if options.check:
            same = target.is_file() and target.read_bytes() == data
            differ += not same
            print(f"{'same   ' if same else 'DIFFERS'}  {name}")
            continue
        target.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as aside:
            aside.write(data)
        Path(aside.name).chmod(0o644)
        Path(aside.name).replace(target)
        print(f"{len(data):>8,} bytes  {name}")
    return 1 if differ else 0


if __name__ == "__main__":
    raise SystemExit(main())
