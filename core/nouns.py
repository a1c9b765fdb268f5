"""The words of the house: frozen values that travel between the rooms.

Page indexes count from 0 inside the program and from 1 wherever a person or a
file sees them.  Character spans are half-open ``[start, end)`` in code points of
``Page.text``.  Rectangles are normalised to the *displayed* page (after
rotation and cropping): 0..1, origin at the top left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

# How the names of files end that an import takes out of a folder, and a file dialog offers.
ENDINGS = (".pdf", ".docx", ".docm", ".md", ".markdown", ".txt", ".text", ".html", ".htm", ".xhtml")


# Of English pages drawn worse and worse recognition misread one character in a hundred or fewer at 0.98 and above,
# three at 0.95, six at 0.92, sixteen at 0.81 (decision 0017).  One of them may be the figure of a dose.
LEAST_SURE = 0.95


class Outcome(StrEnum):
    """How the reading of a file ended."""

    OK = "ok"
    PARTIAL = "partial"
    REJECTED = "rejected"


class ReadBy(StrEnum):
    """How the text of a page was obtained."""

    TEXT = "text"
    OCR = "ocr"
    NOTHING = "nothing"


class SameName(StrEnum):
    """What becomes of a file when a different document of its name is already in the collection."""

    REFUSE = "refuse"
    REPLACE = "replace"
    KEEP_BOTH = "keep-both"


class Verdict(StrEnum):
    """How far a sentence stands on the passages it cites."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"
    CONVERSATION = "conversation"  # says nothing about documents, so there is nothing to check


class AnswerKind(StrEnum):
    """What kind of answer a person is given."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    CONVERSATION = "conversation"
    STOPPED = "stopped"  # ended by the person or a fault when some sentences had been shown; kept, never handed out


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle on the displayed page, 0..1, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: the span of ``Page.text`` it holds, its box, and the position of each character along it.

    ``edges`` has ``end - start + 1`` values (where every character begins, then where
    the last ends): x, or y when the line runs down or up the page; they fall when it
    runs to the left, or up.  Empty when only the line's box is known: a part of the
    line is then not shown at all.
    """

    start: int
    end: int
    rect: Rect
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was read.  ``width`` and ``height`` are of the displayed page, in points.

    A document without pages (Word, Markdown, HTML, plain text) is a page a section:
    the label is its heading, there are no lines, and its paper has no size.
    """

    index: int
    label: str
    text: str
    lines: tuple[Line, ...]
    width: float
    height: float
    read_by: ReadBy
    problem: str = ""  # a message key, empty when the page was read well
    hidden: int = 0  # characters that nobody can see on the page; they are left out of the text
    confidence: float = 1.0  # how sure recognition was of the text, 0..1; 1 where the file itself holds it

    @property
    def is_section(self) -> bool:
        """Whether it is a section of a document without pages."""
        return is_section(self.width, self.read_by)


def is_section(width: float, read_by: str) -> bool:
    """Whether a page of that width is a section: it was read as text, and from no paper."""
    return not width and read_by == ReadBy.TEXT


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the document's own outline."""

    title: str
    page_index: int
    level: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that reading one file gave; ``reason`` is a message key when not ok."""

    sha256: str
    size: int
    outcome: Outcome
    reason: str
    title: str
    pages: tuple[Page, ...]
    outline: tuple[Heading, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    reader: str = ""  # name and version of what read it
    seconds: float = 0.0

    @property
    def unreadable(self) -> tuple[int, ...]:
        """Indexes of the pages whose text could not be read."""
        return tuple(p.index for p in self.pages if p.problem)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Indexes of the pages with text that nobody can see."""
        return tuple(p.index for p in self.pages if p.hidden)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one page, cut at sentence or clause boundaries.

    ``heading`` is the path of headings above it, outermost first; ``number`` is
    the clause or article number it begins with ("4.2", "第三十八条") or is part of.
    """

    id: str
    sha256: str
    page_index: int
    start: int
    end: int
    text: str
    heading: tuple[str, ...] = ()
    number: str = ""

    @property
    def embedded_text(self) -> str:
        """What is embedded and indexed: the passage below its headings."""
        return "\n".join((*self.heading, self.text))


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """Which model turned passages into vectors; vectors of two different ones cannot be compared."""

    name: str
    sha256: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it stands in the library."""

    id: int
    sha256: str
    name: str
    title: str
    collection: str
    pages: int
    ocr_pages: int
    unreadable_pages: tuple[int, ...]
    outcome: Outcome
    reason: str
    version: int
    added_at: str
    size: int
    hidden_pages: tuple[int, ...] = ()  # those with text that nobody can see; it was left out
    recognised: tuple[tuple[int, float], ...] = ()  # (page index, how sure recognition was of it)
    in_sections: bool = False  # it has no pages: what is counted as such are its sections

    @property
    def confidence(self) -> float:
        """How sure recognition was of the pages that it read, on average; 1 where it read none, or did not say."""
        return sum(sure for _, sure in self.recognised) / len(self.recognised) if self.recognised else 1.0

    @property
    def poorly_read(self) -> tuple[int, ...]:
        """Indexes of the pages that recognition was not sure of."""
        return tuple(index for index, sure in self.recognised if sure < LEAST_SURE)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: everything, or only these collections and documents (by file name).

    Names are matched within the collections given; an empty tuple means "all".
    """

    collections: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that the search found, with every signal that ranked it (higher is better).

    ``section``: ``page_label`` is the heading of a section, in a document without pages.
    """

    passage: Passage
    document: str
    page_label: str
    score: float
    similarity: float  # cosine of question and passage, -1..1
    keyword_score: float  # BM25, 0 when the words did not find it
    coverage: float  # share of the question's terms that occur in it, 0..1
    section: bool = False
    version: int = 0  # of the document; 0 where it is not known


@dataclass(frozen=True, slots=True)
class Evidence:
    """The part of a candidate that is shown to the model, numbered from 1, the most relevant first.

    ``start`` and ``end`` are on the page.  ``best`` is the sentence of ``text`` nearest to
    the question, ``similarity`` its cosine.  ``relevance`` is what the numbers follow.
    """

    number: int
    candidate: Candidate
    start: int
    end: int
    text: str
    similarity: float = 0.0
    best: tuple[int, int] = (0, 0)
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence the model wrote and the evidence numbers it named."""

    text: str
    cited: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote.  It is not an answer: nothing in it has been checked."""

    sentences: tuple[DraftSentence, ...]
    raw: str
    declined: bool  # the model itself said that the evidence holds no answer
    prompt_sha256: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence stands: quote, page and rectangles, exact or absent.

    ``section``: ``page_label`` is the heading of a section, in a document without pages.
    """

    document: str
    sha256: str
    page_index: int
    page_label: str
    passage_id: str
    start: int
    end: int
    quote: str
    rects: tuple[Rect, ...] = ()
    section: bool = False
    version: int = 0  # of the document; 0 where it is not known
    confidence: float = 1.0  # how sure recognition was of the page, 0..1; 1 where the file itself holds the text

    @property
    def poorly_read(self) -> bool:
        """Whether it stands on a page that recognition was not sure of."""
        return self.confidence < LEAST_SURE


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with its verdict.  ``faults`` are message keys of what did not hold."""

    text: str
    verdict: Verdict
    support: float  # 0..1
    citations: tuple[Citation, ...] = ()
    faults: tuple[str, ...] = ()
    verbatim: bool = False  # the sentence is a quotation, not the model's wording


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was searched, and what in it could not be read; ``sections`` are those of documents without pages."""

    documents: int
    pages: int
    unreadable: tuple[tuple[str, tuple[int, ...]], ...] = ()  # (document, page indexes)
    sections: int = 0

    @property
    def told_by(self) -> str:
        """The message key of the sentence that says what was searched."""
        if not self.sections:
            return "searched"
        return "searched_both" if self.pages else "searched_sections"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a chat: ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same words in English and in Chinese; either may be empty."""

    en: str = ""
    zh: str = ""


class Voice(StrEnum):
    """How a persona speaks."""

    FORMAL = "formal"
    PLAIN = "plain"
    FRIENDLY = "friendly"
    OWN = "own"  # as in its own sample sentences


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the trade, ``term`` as documents write it, with the other words that mean the same.

    ``confusable`` are words that look alike and mean something else.
    """

    term: str
    abbreviations: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    confusable: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Every way to write it, each once, as documents write it first."""
        return tuple(dict.fromkeys((self.term, *self.synonyms, *self.abbreviations)))


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One example of how the persona answers a person."""

    asked: str
    answered: str


@dataclass(frozen=True, slots=True)
class Persona:
    """Who speaks, for whom and how, and the words of its trade; never the source of a fact.

    ``id`` is a folder name (lower-case letters, digits, hyphens); ``languages`` are among "en" and "zh".
    """

    id: str
    name: Bilingual
    organisation: Bilingual
    purpose: Bilingual
    greeting: Bilingual
    voice: Voice = Voice.PLAIN
    own_voice: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en", "zh")
    never_say: tuple[str, ...] = ()
    glossary: tuple[Term, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model files spoke."""

    name: str
    sha256: str
    adapter: str = ""
    adapter_sha256: str = ""
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Seconds:
    """Where the time of one answer went."""

    find: float = 0.0
    first_token: float = 0.0
    draft: float = 0.0
    verify: float = 0.0
    total: float = 0.0


class DatedBy(StrEnum):
    """What tells when a document is of."""

    TEXT = "text"  # its own first page
    NAME = "name"  # its file name
    ADDED = "added"  # neither: when it came into the library


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a disagreement: where it stands, and as much of its document's date (YYYY-MM-DD) as is known."""

    citation: Citation
    date: str
    dated_by: DatedBy


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two documents that say different things of the same; the later one last, where both have a date.

    ``about`` is a message key of what differs.
    """

    about: str
    sides: tuple[Side, Side]


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A verified answer whose record is not written yet; only :class:`Answer` may be shown."""

    question: str
    kind: AnswerKind
    claims: tuple[Claim, ...]
    removed: tuple[Claim, ...]
    nearest: tuple[Candidate, ...]
    coverage: Coverage
    reason: str = ""  # a message key: why it was refused
    opening: str = ""  # how the persona begins; it states no fact
    searched: str = ""  # the question in the documents' words, where the persona's glossary has others
    disagreements: tuple[Disagreement, ...] = ()  # of documents that it cites


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One link of the audit chain; ``body`` is canonical JSON, ``hash`` covers it and ``previous``."""

    sequence: int
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person is shown: a checked answer together with its durable record."""

    checked: CheckedAnswer
    record: AuditRecord
    model: ModelIdentity
    library_revision: int
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is put to the library: complete in itself, and where it looks.

    ``rewritten`` says that it differs from what was typed.
    """

    question: str
    scope: Scope
    rewritten: bool = False


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A question that is being answered, for a conversation (0: a new one).  ``typed`` is what the person wrote."""

    conversation: int
    typed: str
    understood: Understood


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, kept in a conversation.  ``typed`` is what the person wrote.

    ``outdated`` names the cited contents (SHA-256) that no current document has any more.
    """

    id: int
    conversation: int
    typed: str
    scope: Scope
    answer: Answer
    utc: str
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a list; ``utc`` is of its last exchange."""

    id: int
    title: str
    utc: str
    exchanges: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did to the library; screens refresh by it."""

    revision: int
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()  # (name, sentence)
    partial: tuple[tuple[str, str], ...] = ()  # (name, sentence)
    poorly_read: tuple[tuple[str, str], ...] = ()  # (name, sentence): pages that recognition was not sure of
    hidden: tuple[tuple[str, str], ...] = ()  # (name, sentence): text that nobody can see was left out
    restored: tuple[tuple[str, str], ...] = ()  # (name, sentence): its original was lost or damaged and is whole again
    collections: tuple[str, ...] = ()
    same_name: tuple[str, ...] = ()  # those rejected only because a different document has their name


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was saved and checked; ``missing`` are documents whose original the library had lost before."""

    file: Path
    size: int
    documents: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as displayed, 3 bytes a pixel (blue, green, red), ``stride`` bytes a row, the top row first."""

    width: int
    height: int
    stride: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long call has come.  ``stage`` is a message key; ``total`` 0 means unknown."""

    stage: str
    done: int = 0
    total: int = 0
    item: str = ""


Report = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """A report that nobody listens to."""
