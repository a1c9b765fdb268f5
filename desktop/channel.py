"""What the window and the engine's process say to each other: typed requests, typed replies.

    window --Asked(id, Request)--> engine      and CancelIt, PauseIt, ResumeIt
    engine --Told | Partly | Done | Failed--> window, each with the request's id; State at every heartbeat

A request names the type of its answer, so that a job's callback is checked by mypy.
Only nouns of the program travel: the reading side refuses to unpickle anything else.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.errors import VademecumError
from core.nouns import (
    BackedUp,
    Candidate,
    Change,
    Claim,
    Conversation,
    Dialogue,
    Document,
    Exchange,
    ModelIdentity,
    Outcome,
    Persona,
    Picture,
    Progress,
    SameName,
    Scope,
    Turn,
    is_section,
)
from core.settings import Settings

T = TypeVar("T")


class Request(Generic[T]):
    """Something the window wants of the engine; ``T`` is the type of the answer."""

    __slots__ = ()


# -- the library


@dataclass(frozen=True, slots=True)
class LibraryState:
    """The open library in a line: where it is, how large, what waits."""

    folder: Path
    revision: int
    documents: int
    collections: tuple[tuple[str, int], ...]  # (name, documents), by name
    pending: int  # files of an import that was interrupted
    records: int


@dataclass(frozen=True, slots=True)
class OpenLibrary(Request[LibraryState]):
    """Close the library that is open and open this one; ``create`` when it is not there."""

    folder: Path
    create: bool = True


@dataclass(frozen=True, slots=True)
class GetLibrary(Request[LibraryState]):
    """The state of the open library."""


@dataclass(frozen=True, slots=True)
class ListDocuments(Request[tuple[Document, ...]]):
    """Every document of the library, by collection and name."""


@dataclass(frozen=True, slots=True)
class RejectedFile:
    """A file that could not be added, and why: ``reason`` is a message key, ``details`` what goes into its sentence.

    It stands among the documents: what they have and it lacks is empty.
    """

    id: int
    name: str
    collection: str
    reason: str
    details: Mapping[str, str]
    source: Path | None  # where it lay, to try it again
    size: int  # 0 when not even its bytes could be read
    replaces: str  # the name of the document whose place it was to take
    rejected_at: str
    title: str = ""
    pages: int = 0
    ocr_pages: int = 0
    version: int = 0
    outcome: Outcome = Outcome.REJECTED

    @property
    def added_at(self) -> str:
        """When it was last tried."""
        return self.rejected_at


@dataclass(frozen=True, slots=True)
class ListRejected(Request[tuple[RejectedFile, ...]]):
    """The files that could not be added and have neither come in since nor been forgotten."""


@dataclass(frozen=True, slots=True)
class ForgetRejected(Request[Change]):
    """Take rejected files, by id, off the list."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AddFiles(Request[Change]):
    """Files and folders into a collection; Progress tells the file.  Can be paused."""

    paths: tuple[Path, ...]
    collection: str
    password: str = ""
    same_name: SameName = SameName.REFUSE


@dataclass(frozen=True, slots=True)
class ReplaceFile(Request[Change]):
    """A document by its new version.  Can be paused."""

    name: str
    collection: str
    file: Path
    password: str = ""


@dataclass(frozen=True, slots=True)
class ResumeImports(Request[Change]):
    """Finish the imports that were interrupted.  Can be paused."""

    password: str = ""


@dataclass(frozen=True, slots=True)
class RemoveDocuments(Request[Change]):
    """Documents, by id, with their earlier versions."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MoveDocuments(Request[Change]):
    """Documents, by id, to another collection."""

    ids: tuple[int, ...]
    to: str


@dataclass(frozen=True, slots=True)
class CreateCollection(Request[Change]):
    """A new, empty collection."""

    name: str


@dataclass(frozen=True, slots=True)
class RenameCollection(Request[Change]):
    """A collection's new name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DeleteCollection(Request[Change]):
    """A collection with the documents in it."""

    name: str


@dataclass(frozen=True, slots=True)
class Ailment:
    """Something the doctor found: the message key, the sentence, and whether it is mended now."""

    key: str
    sentence: str
    mended: bool


@dataclass(frozen=True, slots=True)
class CheckHealth(Request[tuple[Ailment, ...]]):
    """What is wrong with the library; ``repair`` mends what can be mended without losing anything."""

    repair: bool = False
    rebuild_index: bool = False


@dataclass(frozen=True, slots=True)
class BackUp(Request[BackedUp]):
    """The open library in one file, which is not there yet."""

    file: Path


@dataclass(frozen=True, slots=True)
class LibraryRestored:
    """A library made from a backup, not opened; ``ailments`` are what was damaged before the backup was made."""

    folder: Path
    made_at: str  # UTC, ISO 8601
    documents: int
    ailments: tuple[Ailment, ...]


@dataclass(frozen=True, slots=True)
class Restore(Request[LibraryRestored]):
    """The library in a backup, put into a new or empty folder."""

    file: Path
    folder: Path


# -- pages, as they are shown


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as it is laid out: printed label, displayed size in points, and whether it could be read.

    A section of a document without pages is one without a size; its label is its heading.
    """

    label: str
    width: float
    height: float
    read_by: str  # text, ocr or nothing
    problem: str = ""  # a message key

    @property
    def is_section(self) -> bool:
        """Whether it is a section of a document without pages."""
        return is_section(self.width, self.read_by)


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document ready to be shown.  ``current`` is the active document with the same name, if any."""

    sha256: str
    name: str
    collection: str
    sheets: tuple[Sheet, ...]
    active: bool  # False for an earlier version, or a removed document whose bytes are still kept
    version: int = 1
    replaced_by: str = ""  # SHA-256 of the newer version, empty when this is the newest


@dataclass(frozen=True, slots=True)
class ViewDocument(Request[DocumentView]):
    """The pages' sizes and labels of the bytes ``sha256``.  UserProblem when they are gone."""

    sha256: str


@dataclass(frozen=True, slots=True)
class RenderPage(Request[Picture]):
    """The page as a picture of that width in pixels (16 to 6000).

    UserProblem "view_needs_password" when the file is protected and not unlocked yet.
    """

    sha256: str
    page_index: int
    width: int


@dataclass(frozen=True, slots=True)
class Unlock(Request[None]):
    """The password of a protected file, kept in memory until the engine ends.  UserProblem when it is wrong."""

    sha256: str
    password: str


@dataclass(frozen=True, slots=True)
class ReadPage(Request[str]):
    """The text of a page, as it was read: for copying and for those who cannot see the picture."""

    sha256: str
    page_index: int


# -- questions


@dataclass(frozen=True, slots=True)
class Found:
    """Partial result: the passages found, before the model starts."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Grown:
    """Partial result: one more sentence, checked and on record."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Ask(Request[Exchange]):
    """A verified answer.  Partial results: Understood, Found, Grown (each sentence).

    One that is stopped or fails after its first sentence is kept all the same: a last partial
    result is that Exchange, and Failed follows.

    ``conversation`` 0 begins a new one.  ``as_typed`` takes the question word for word;
    otherwise a follow-up is completed from the conversation.
    """

    question: str
    scope: Scope = field(default_factory=Scope)
    conversation: int = 0
    as_typed: bool = False


@dataclass(frozen=True, slots=True)
class ListConversations(Request[tuple[Conversation, ...]]):
    """The conversations whose title, questions or answers hold all ``words``; the newest first."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class OpenConversation(Request[tuple[Exchange, ...]]):
    """The exchanges of a conversation, the oldest first."""

    id: int


@dataclass(frozen=True, slots=True)
class RenameConversation(Request[None]):
    """A conversation's new title."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class DeleteConversation(Request[None]):
    """A conversation with its exchanges.  The audit records stay."""

    id: int


# -- audit


@dataclass(frozen=True, slots=True)
class RecordLine:
    """An answer's record in a list."""

    sequence: int
    utc: str
    user: str
    question: str
    kind: str  # answered, not_found, conversation, stopped
    collections: tuple[str, ...]
    model: str
    intact: bool


@dataclass(frozen=True, slots=True)
class ListRecords(Request[tuple[RecordLine, ...]]):
    """Records, the newest first.  Dates are local ISO days ("2026-11-22"), inclusive; empty means all."""

    words: str = ""
    since: str = ""
    until: str = ""
    collection: str = ""
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class WholeRecord:
    """A record with everything in it."""

    sequence: int
    previous: str
    hash: str
    intact: bool
    body: Mapping[str, Any]  # plain JSON values


@dataclass(frozen=True, slots=True)
class OpenRecord(Request[WholeRecord]):
    """One record.  UserProblem when there is none."""

    sequence: int


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Whether the chain holds: the faults in words, how many records, and the checkpoint to keep elsewhere."""

    faults: tuple[str, ...]
    records: int
    checkpoint: str


@dataclass(frozen=True, slots=True)
class VerifyAudit(Request[AuditResult]):
    """Check the chain of records, against a checkpoint kept elsewhere if one is given."""

    checkpoint: str = ""


@dataclass(frozen=True, slots=True)
class ExportRecords(Request[int]):
    """The records of a filter into a JSON-lines file; how many were written."""

    file: Path
    filter: ListRecords = field(default_factory=ListRecords)


# -- models, settings, the promise of no network


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as the page of models shows it."""

    name: str
    title: str
    kind: str  # language or embedder
    size: int
    licence: str
    words: str
    sha256: str
    installed: bool
    in_use: bool
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class ListModels(Request[tuple[ModelRow, ...]]):
    """What is installed, and what is known and could be fetched with the command line."""


@dataclass(frozen=True, slots=True)
class ImportModel(Request[str]):
    """A GGUF file into the program's own folder, tried in a throw-away process; the name it got."""

    file: Path
    name: str = ""


@dataclass(frozen=True, slots=True)
class TakeOverModels(Request[tuple[str, ...]]):
    """The models that ``vademecum models export`` left in a folder, checked; the names of all that are here now."""

    folder: Path


@dataclass(frozen=True, slots=True)
class MeasureModel(Request[float]):
    """Tokens a second that this model writes here."""

    name: str


@dataclass(frozen=True, slots=True)
class RemoveModel(Request[None]):
    """Delete a model's files."""

    name: str


@dataclass(frozen=True, slots=True)
class Configure(Request[None]):
    """Work with these settings from now on; the models are loaded anew if need be."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Guard:
    """One line of the offline panel: what was tried, and whether it was prevented."""

    words: str
    held: bool


@dataclass(frozen=True, slots=True)
class ProveOffline(Request[tuple[Guard, ...]]):
    """Tries to reach a network from inside the engine, and tells what became of it."""


# -- whether this installation works


@dataclass(frozen=True, slots=True)
class Fact:
    """Something in words: a message key, and what goes into its sentence."""

    key: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SelfTestStep:
    """A step of the self-test that has ended; ``name`` is a message key, ``problem`` says why it was not held."""

    name: str
    state: str  # held, failed, left_out
    seconds: float
    facts: tuple[Fact, ...] = ()
    problem: Fact | None = None


@dataclass(frozen=True, slots=True)
class SelfTestReport:
    """What the self-test found, and on what: nothing of documents, questions or persons is in it."""

    version: str
    installed: bool  # the built program, not its sources
    system: str
    processor: str
    cores: int
    memory: int
    free_memory: int
    libraries: tuple[tuple[str, str], ...]  # (name, version)
    seconds: float
    steps: tuple[SelfTestStep, ...]

    @property
    def failed(self) -> int:
        """How many steps did not hold."""
        return sum(step.state == "failed" for step in self.steps)


@dataclass(frozen=True, slots=True)
class SelfTest(Request[SelfTestReport]):
    """Test this installation from model to citation.  Partial results: SelfTestStep.  ``quick`` does not train."""

    quick: bool = False


@dataclass(frozen=True, slots=True)
class FilesChecked:
    """The files of the installed program against their list: how many, and the paths that are not as they were.

    ``locked`` are whole and may not be executed any more.
    """

    files: int
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckFiles(Request[FilesChecked]):
    """Check the installed program's files.  UserProblem when it runs from its sources."""


@dataclass(frozen=True, slots=True)
class CollectSupport(Request[Mapping[str, str]]):
    """What goes into the support bundle, as texts by the names of its files; nothing is saved."""


# -- personas


@dataclass(frozen=True, slots=True)
class PersonaRow:
    """A persona: installed, in the making (``begun``), or one that ships (``ready``); it may be all three.

    ``base`` is the model that an installed one was made for, ``fits`` whether that is the model in use.  ``problem``
    says why an installed one cannot be used at all: its files are damaged.
    """

    persona: Persona
    installed: bool
    begun: bool
    ready: bool
    in_use: bool
    base: str = ""
    fits: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ListPersonas(Request[tuple[PersonaRow, ...]]):
    """Installed ones first, then those in the making, then those that ship."""


@dataclass(frozen=True, slots=True)
class Slip:
    """Something in a form that needs a look: the field, what to do, and whether it only warns."""

    field: str
    sentence: str
    warning: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """One example that a persona is taught; the last turn is what it is to say."""

    kind: str  # identity, style, glossary, dialogue, general
    turns: tuple[Turn, ...]
    phrasing: str = ""
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class GateLine:
    """A figure of the gate in words; per cent with 95% intervals, None where it was not measured."""

    figure: str  # a message key
    words: str
    n: int
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class GateTable:
    """What the gate found: figures, why it refuses (empty when it does not), and answers about itself gone wrong."""

    installable: bool
    lines: tuple[GateLine, ...]
    reasons: tuple[str, ...]
    failed: tuple[tuple[str, str, str], ...]  # question, answer, what is wrong with it


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of the loss curve; ``held_out`` where it was measured."""

    step: int
    loss: float
    held_out: float | None


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Partial result of a training: one step more."""

    point: CurvePoint
    steps: int
    tokens_per_second: float
    seconds_left: float
    peak_megabytes: float


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a training will take: estimates, and what this computer has free."""

    examples: int
    held_out: int
    steps: int
    seconds: float
    memory_bytes: int
    free_bytes: int
    resumes: bool  # a training that was broken off goes on


@dataclass(frozen=True, slots=True)
class TrainedNow:
    """A finished training."""

    curve: tuple[CurvePoint, ...]
    seconds: float
    tokens_per_second: float
    peak_megabytes: float
    base: str


@dataclass(frozen=True, slots=True)
class BenchView:
    """A persona in the making: what there is of it.  ``stale`` names what was made from an earlier form.

    ``stale`` is among examples, adapter, gate.  A slip of the field "examples" says that a person broke their file.
    """

    persona: Persona
    slips: tuple[Slip, ...]
    lessons: tuple[tuple[str, int], ...]  # how many of each kind
    trained: TrainedNow | None
    gate: GateTable | None
    installed: bool
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BeginPersona(Request[BenchView]):
    """A bench for a new persona: like one that ships, or a form to fill in.  UserProblem when it exists already."""

    id: str
    like: str = ""


@dataclass(frozen=True, slots=True)
class OpenBench(Request[BenchView]):
    """What there is of a persona in the making."""

    id: str


@dataclass(frozen=True, slots=True)
class DiscardBench(Request[None]):
    """Delete a persona in the making; the installed one stays.  UserProblem while something is done with it."""

    id: str


@dataclass(frozen=True, slots=True)
class CheckPersona(Request[tuple[Slip, ...]]):
    """What is wrong with a form as it stands; nothing is kept."""

    persona: Persona


@dataclass(frozen=True, slots=True)
class SavePersona(Request[BenchView]):
    """Keep the form, half-finished or not."""

    persona: Persona


@dataclass(frozen=True, slots=True)
class DialoguesRead:
    """Example dialogues of a file or a pasted text, and remarks on them."""

    dialogues: tuple[Dialogue, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadDialogues(Request[DialoguesRead]):
    """The dialogues in ``file`` (JSONL, CSV, text), or in ``text`` where no file is given."""

    file: Path | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class MakeLessons(Request[tuple[Lesson, ...]]):
    """Build what the persona is to be taught, the base model's own answers among it.  Minutes the first time.

    Can be paused.  What a person had edited is set aside as ``examples.edited.jsonl`` on the bench.
    """

    id: str


@dataclass(frozen=True, slots=True)
class ListLessons(Request[tuple[Lesson, ...]]):
    """What the persona is to be taught, as it was built or edited; none when nothing was built."""

    id: str


@dataclass(frozen=True, slots=True)
class SaveLessons(Request[None]):
    """Keep the examples as a person edited them.  UserProblem naming the first that will not do."""

    id: str
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class PlanTraining(Request[TrainingPlan]):
    """What the training would take; UserProblem when it cannot be done here."""

    id: str


@dataclass(frozen=True, slots=True)
class TrainPersona(Request[TrainedNow]):
    """Train the adapter.  Partial results: TrainingStep.

    Can be paused; one that is stopped or broken off goes on where it was when asked again.
    """

    id: str


@dataclass(frozen=True, slots=True)
class TestPersona(Request[GateTable]):
    """The gate: the trained adapter against the base without it.  Takes minutes."""

    id: str


@dataclass(frozen=True, slots=True)
class InstallPersona(Request[None]):
    """Put the persona on the shelf.  UserProblem when the gate has not passed it as it stands."""

    id: str


@dataclass(frozen=True, slots=True)
class TriedBoth:
    """What the base says, and what the persona says; a partial result has the first alone."""

    base: str
    persona: str = ""


@dataclass(frozen=True, slots=True)
class TryPersona(Request[TriedBoth]):
    """The same words said to the base and to the persona: the trained one of the bench, else the installed one.

    Partial result: TriedBoth with what the base says.  Nothing is asked of the library.
    """

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class RemovePersona(Request[None]):
    """Take a persona off the shelf; its bench stays.  UserProblem while it is in use."""

    id: str


@dataclass(frozen=True, slots=True)
class ExportPersona(Request[None]):
    """An installed persona as one file."""

    id: str
    file: Path


@dataclass(frozen=True, slots=True)
class ImportPersona(Request[PersonaRow]):
    """The persona of a file onto the shelf; ``replace`` where there is one of that id."""

    file: Path
    replace: bool = False


@dataclass(frozen=True, slots=True)
class MergedTry:
    """A type that was tried for a merged model: whether it still is the persona, per cent, and its size in bytes."""

    kind: str
    passed: bool
    identity: float
    size: int


@dataclass(frozen=True, slots=True)
class ExportMerged(Request[tuple[MergedTry, ...]]):
    """An installed persona merged into a GGUF file of ``kind`` or the next larger type that keeps it."""

    id: str
    file: Path
    kind: str = "Q4_K_M"


# -- what travels


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on its way."""

    id: int
    request: Request[Any]


@dataclass(frozen=True, slots=True)
class CancelIt:
    """Stop that request at its next safe point."""

    id: int


@dataclass(frozen=True, slots=True)
class PauseIt:
    """Hold that request, or let it go on."""

    id: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Told:
    """How far a request has come."""

    id: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Partly:
    """A partial result."""

    id: int
    value: object


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a request."""

    id: int
    value: object


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer: an error of the tree, or (``fault``) a fault of ours, already logged."""

    id: int
    error: VademecumError


@dataclass(frozen=True, slots=True)
class State:
    """The heartbeat: what the engine is doing."""

    stage: str  # starting, loading, ready, no_model
    model: ModelIdentity | None = None
    problem: VademecumError | None = None  # why there is no model
    busy: bool = False
    megabytes: int = 0
    persona_problem: VademecumError | None = None  # why the persona of the settings does not speak; the model does


Reply = Told | Partly | Done | Failed | State
Order = Asked | CancelIt | PauseIt

_ROOMS = ("core.nouns", "core.errors", "core.settings", "desktop.channel")
_PATHS = {"Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"}
_REBUILDS_ERRORS = "_rebuild"


def _travels(module: str, name: str) -> bool:
    return module in _ROOMS or (module in ("pathlib", "pathlib._local") and name in _PATHS)


class _Sender(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        # What the other side would not let in is refused here, where it can be told from whom it came.
        kind = thing if hasattr(thing, "__qualname__") else type(thing)
        if not _travels(kind.__module__, kind.__qualname__):
            raise ValueError(f"{kind.__module__}.{kind.__qualname__} does not travel on this channel")
        return NotImplemented


class _Receiver(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # A name may be a path through what a module imported ("os.system"), so only what was defined there will do.
        if _travels(module, name) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and _travels(found.__module__, found.__qualname__):
                return found
            if name == _REBUILDS_ERRORS and module == "core.errors":
                return found
        raise pickle.UnpicklingError(f"{module}.{name} does not travel on this channel")


def pack(message: Reply | Order) -> bytes:
    """The message as bytes.  ValueError when there is more in it than nouns of the program."""
    out = io.BytesIO()
    _Sender(out, protocol=5).dump(message)
    return out.getvalue()


def unpack(data: bytes) -> Any:
    """The message in ``data``.  ValueError when it is none, or anything but nouns of the program is in it."""
    try:
        return _Receiver(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError) as fault:
        raise ValueError(f"not a message of this channel: {fault}") from fault
