"""One function a request: what the engine does for the window.

Imported while the process already answers, because the engine behind it takes seconds to import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from core.asking import ask as ask_engine
from core.audit import parse_checkpoint, verify
from core.conversation import is_conversation, understand
from core.errors import UserProblem, VademecumError
from core.finding import checked_question, find
from core.importing import Importer
from core.library import Library, restore_library
from core.messages import say
from core.nouns import (
    Answer,
    BackedUp,
    Change,
    Conversation,
    Document,
    Exchange,
    Picture,
    Progress,
    Understood,
    UnderWay,
)
from desktop import house, support
from desktop.channel import (
    AddFiles,
    Ailment,
    Ask,
    AuditResult,
    BackUp,
    CheckFiles,
    CheckHealth,
    CollectSupport,
    Configure,
    CreateCollection,
    DeleteCollection,
    DeleteConversation,
    DocumentView,
    ExportRecords,
    FilesChecked,
    ForgetRejected,
    Found,
    GetLibrary,
    Grown,
    Guard,
    ImportModel,
    LibraryRestored,
    LibraryState,
    ListConversations,
    ListDocuments,
    ListModels,
    ListRecords,
    ListRejected,
    MeasureModel,
    ModelRow,
    MoveDocuments,
    OpenConversation,
    OpenLibrary,
    OpenRecord,
    ProveOffline,
    ReadPage,
    RecordLine,
    RejectedFile,
    RemoveDocuments,
    RemoveModel,
    RenameCollection,
    RenameConversation,
    RenderPage,
    ReplaceFile,
    Request,
    Restore,
    ResumeImports,
    SelfTest,
    SelfTestReport,
    Sheet,
    TakeOverModels,
    Unlock,
    VerifyAudit,
    ViewDocument,
    WholeRecord,
)
from desktop.engine_room import personas, records
from desktop.engine_room.offline import prove_offline
from desktop.engine_room.task import Task
from desktop.manifest import check_manifest, program_folder
from desktop.self_test import self_test
from models import carrying, catalogue

_FOUND = 12  # passages shown when there is no answer yet, as many as an answer's own search gives

# -- the library


def open_library(task: Task, request: OpenLibrary) -> LibraryState:
    """Another library in the place of the one that is open, which stays open when the other does not open."""
    folder = request.folder.expanduser().absolute()
    task.engine.shelf.settle(task.cancel)
    if task.engine.shelf.folder != folder:
        if not request.create and not (folder / "library.db").is_file():
            raise UserProblem("library_missing", folder=folder)
        with task.engine.shelf.swap(lambda: _make_way(task)) as open_other:
            open_other(folder, task.report)
            task.engine.renderer.close()
            task.engine.ledger.forget()
            task.engine.passwords.forget()
    return get_library(task, GetLibrary())


def _make_way(task: Task) -> None:
    """Have everything that uses the library end soon.  UserProblem when something should not be ended."""
    if task.engine.changing():
        raise UserProblem("engine_changing")
    task.engine.stop_questions()


def get_library(task: Task, _: GetLibrary) -> LibraryState:
    """The open library in a line."""
    with task.library() as library:
        collections = tuple(library.collections())
        return LibraryState(
            folder=library.folder,
            revision=library.revision,
            documents=sum(count for _, count in collections),
            collections=collections,
            pending=len(library.pending_imports()),
            records=library.audit_head().sequence,
        )


def list_documents(task: Task, _: ListDocuments) -> tuple[Document, ...]:
    """Every document."""
    with task.library() as library:
        return tuple(library.documents())


def list_rejected(task: Task, _: ListRejected) -> tuple[RejectedFile, ...]:
    """Every file that could not be added."""
    with task.library() as library:
        return tuple(
            RejectedFile(
                id=file.id,
                name=file.name,
                collection=file.collection,
                reason=file.reason,
                details=file.details,
                source=file.source,
                size=file.size,
                replaces=file.replaces,
                rejected_at=file.rejected_at,
            )
            for file in library.rejected()
        )


def forget_rejected(task: Task, request: ForgetRejected) -> Change:
    """Rejected files off the list."""
    with task.library() as library:
        library.forget_rejected(request.ids)
        return Change(library.revision)


def add_files(task: Task, request: AddFiles) -> Change:
    """Files and folders into a collection."""
    with task.library() as library:
        importer = _importer(task, library, request.password)
        with importer.reader:
            return importer.add(request.paths, collection=request.collection, same_name=request.same_name)


def replace_file(task: Task, request: ReplaceFile) -> Change:
    """A document by its new version."""
    with task.library() as library:
        importer = _importer(task, library, request.password)
        with importer.reader:
            return importer.replace(request.name, request.file, collection=request.collection)


def resume_imports(task: Task, request: ResumeImports) -> Change:
    """What an interrupted import left."""
    with task.library() as library:
        return _resume(task, library, request.password)


def _resume(task: Task, library: Library, password: str = "") -> Change:
    if not library.pending_imports():
        library.sweep()
        return Change(library.revision)  # nothing to read or to embed, so no model to wait for
    importer = _importer(task, library, password)
    with importer.reader:
        return importer.resume()


def _importer(task: Task, library: Library, password: str) -> Importer:
    task.engine.passwords.heard(password)
    embedder = task.embedder().for_imports()
    return Importer(
        library=library,
        reader=house.reader(task.settings),
        embedder=embedder,
        password=password or None,
        language=task.language,
        report=task.report,
        cancel=task.cancel,
    )


def remove_documents(task: Task, request: RemoveDocuments) -> Change:
    """Documents with their earlier versions."""
    with task.library() as library:
        task.engine.renderer.close()  # whoever holds a file open keeps it on the disk
        return library.remove(request.ids)


def move_documents(task: Task, request: MoveDocuments) -> Change:
    """Documents to another collection."""
    with task.library() as library:
        return library.move_documents(request.ids, request.to)


def create_collection(task: Task, request: CreateCollection) -> Change:
    """A new collection."""
    with task.library() as library:
        return library.create_collection(request.name)


def rename_collection(task: Task, request: RenameCollection) -> Change:
    """A collection's new name."""
    with task.library() as library:
        _refuse_while_adding(task, request.old)
        return library.rename_collection(request.old, request.new)


def delete_collection(task: Task, request: DeleteCollection) -> Change:
    """A collection with its documents."""
    with task.library() as library:
        _refuse_while_adding(task, request.name)
        task.engine.renderer.close()
        return library.delete_collection(request.name, force=True)


def _refuse_while_adding(task: Task, collection: str) -> None:
    # The import would make the old name again, or miss what it has copied in.
    if task.engine.changing(collection):
        raise UserProblem("engine_adding_here", name=collection)


def check_health(task: Task, request: CheckHealth) -> tuple[Ailment, ...]:
    """What is wrong with the library; mended, and interrupted imports finished, where asked."""

    def report(progress: Progress) -> None:
        # The doctor's work may be stopped between any two steps: what is half-way is finished when next opened.
        task.cancel.check()
        task.report(progress)

    with task.library() as library:
        findings = library.doctor(repair=request.repair, rebuild_index=request.rebuild_index, report=report)
        failed: set[str] | None = None
        if request.repair and library.pending_imports():
            failed = {name for name, _ in _resume(task, library).rejected}
        ailments = []
        for finding in findings:
            mended = finding.mended and finding.details.get("name") not in (failed or ())
            mended |= finding.key == "doctor_pending" and failed is not None and not failed
            ailments.append(Ailment(finding.key, finding.sentence(task.language), mended))
        return tuple(ailments)


# -- backups


def back_up(task: Task, request: BackUp) -> BackedUp:
    """The open library in one file."""
    with task.library() as library:
        return library.back_up(request.file, task.report, task.cancel)


def restore(task: Task, request: Restore) -> LibraryRestored:
    """A library from a backup, beside the one that is open."""
    made = restore_library(request.file, request.folder, task.report, task.cancel)
    ailments = tuple(Ailment(one.key, one.sentence(task.language), one.mended) for one in made.findings)
    return LibraryRestored(made.folder, made.made_at, made.documents, ailments)


# -- pages


def view_document(task: Task, request: ViewDocument) -> DocumentView:
    """The sizes and labels of a document's pages, and where it stands among its versions."""
    with task.library() as library:
        standings = library.standings(request.sha256)
        sheets = tuple(
            Sheet(page.label, page.width, page.height, page.read_by.value, page.problem)
            for page in library.sheets(request.sha256)
        )
    if not standings or not sheets:
        raise UserProblem("view_gone")
    here = standings[0]
    return DocumentView(
        sha256=request.sha256,
        name=here.document.name,
        collection=here.document.collection,
        sheets=sheets,
        active=here.active,
        version=here.document.version,
        replaced_by="" if here.active else here.replaced_by,
    )


def render_page(task: Task, request: RenderPage) -> Picture:
    """A page as a picture."""
    passwords = task.engine.passwords

    def draw(password: str | None) -> Picture:
        return task.engine.renderer.render(file, request.page_index, request.width, password, task.cancel)

    with task.library() as library:
        file = library.original(request.sha256)
        try:
            return draw(passwords.of(request.sha256))
        except UserProblem as problem:
            if problem.key != "view_needs_password":
                raise
            return _with_words_heard(task, request.sha256, draw, problem)


def _with_words_heard(task: Task, sha256: str, draw: Callable[[str | None], Picture], problem: UserProblem) -> Picture:
    """The picture with one of the passwords that were typed for an import."""
    for password in task.engine.passwords.all_heard():
        try:
            drawn = draw(password)
        except UserProblem as wrong:
            if wrong.key != "view_password_wrong":
                raise
        else:
            task.engine.passwords.opens(sha256, password)
            return drawn
    raise problem


def unlock(task: Task, request: Unlock) -> None:
    """Keep the password of a protected file, if it opens it."""
    with task.library() as library:
        task.engine.renderer.open(library.original(request.sha256), request.password, task.cancel)
    task.engine.passwords.opens(request.sha256, request.password)


def read_page(task: Task, request: ReadPage) -> str:
    """The text of a page."""
    with task.library() as library:
        return library.page(request.sha256, request.page_index).text


# -- questions


def ask(task: Task, request: Ask) -> Exchange:
    """A verified answer, shown as it grows, kept in its conversation."""
    question = checked_question(request.question)
    with task.library() as library:
        documents = library.documents(request.scope)
        embedder = task.embedder().for_questions()
        if request.as_typed:
            understood = Understood(question, request.scope)
        else:
            earlier = library.exchanges(request.conversation) if request.conversation else []
            names = [document.name for document in documents]
            # By rules alone: no wording that the starter model proposed was usable, and each took seconds.
            understood = understand(question, earlier, names, request.scope, None, task.cancel)
        task.partly(understood)
        if task.engine.models.state()[0] != "ready" and not is_conversation(understood.question):
            # There is no language model yet, or none at all: what the documents say is found without one.
            found = find(understood.question, library, embedder, scope=understood.scope, k=_FOUND, cancel=task.cancel)
            task.partly(Found(found))
        with task.engine.models.language(task.report, task.cancel) as (model, speaker):

            def keep(answer: Answer) -> Exchange:
                return library.keep_exchange(request.conversation, request.question, understood.scope, answer)

            library.set_under_way(UnderWay(request.conversation, request.question, understood))
            try:
                answer = ask_engine(
                    understood.question,
                    library,
                    embedder,
                    model,
                    scope=understood.scope,
                    user=house.user_name(),
                    speaker=speaker,
                    evidence_tokens=task.settings.evidence_tokens,
                    report=task.report,
                    on_found=lambda candidates: task.partly(Found(tuple(candidates))),
                    on_claim=lambda claim: task.partly(Grown(claim)),
                    on_stopped=lambda answer: task.partly(keep(answer)),
                    cancel=task.cancel,
                )
                return keep(answer)
            except BaseException:
                with suppress(VademecumError):  # what ended the answer is told
                    library.set_under_way(None)
                raise


def list_conversations(task: Task, request: ListConversations) -> tuple[Conversation, ...]:
    """The conversations that hold all the words."""
    with task.library() as library:
        return tuple(library.conversations(request.words))


def open_conversation(task: Task, request: OpenConversation) -> tuple[Exchange, ...]:
    """The exchanges of a conversation."""
    with task.library() as library:
        return tuple(library.exchanges(request.id))


def rename_conversation(task: Task, request: RenameConversation) -> None:
    """A conversation's new title."""
    with task.library() as library:
        library.rename_conversation(request.id, request.title)


def delete_conversation(task: Task, request: DeleteConversation) -> None:
    """A conversation with its exchanges."""
    with task.library() as library:
        library.delete_conversation(request.id)


# -- audit


def list_records(task: Task, request: ListRecords) -> tuple[RecordLine, ...]:
    """The answers on record that fit, the newest first."""
    with task.library() as library:
        task.engine.ledger.catch_up(library, task.cancel)
        return tuple(task.engine.ledger.find(request)[: request.limit])


def open_record(task: Task, request: OpenRecord) -> WholeRecord:
    """One record, whole."""
    with task.library() as library:
        record = next((r for r in library.records(request.sequence) if r.sequence == request.sequence), None)
    if record is None:
        raise UserProblem("audit_no_record", sequence=request.sequence)
    return records.whole(record)


def verify_audit(task: Task, request: VerifyAudit) -> AuditResult:
    """Whether the chain of records holds."""
    checkpoint = parse_checkpoint(request.checkpoint) if request.checkpoint.strip() else None
    with task.library() as library:
        task.engine.ledger.forget()  # a list shown after this shows what was found now
        faults = verify(library.records(), checkpoint)
        head = library.audit_head()
    return AuditResult(tuple(fault.sentence(task.language) for fault in faults), head.sequence, str(head))


def export_records(task: Task, request: ExportRecords) -> int:
    """The records of a filter, all of them, whole, into a file."""
    with task.library() as library:
        task.engine.ledger.catch_up(library, task.cancel)
        wanted = {line.sequence for line in task.engine.ledger.find(request.filter)}
        first = min(wanted, default=1)
        return records.export((r for r in library.records(first) if r.sequence in wanted), request.file)


# -- models, settings, the promise of no network


def list_models(task: Task, _: ListModels) -> tuple[ModelRow, ...]:
    """What is installed, and what is known."""
    here = {model.name: model for model in catalogue.installed(house.models_folder())}
    listed = {entry.name: entry for entry in catalogue.CATALOGUE}
    in_use = (task.settings.model, task.settings.embedder)
    rows = []
    for name in dict.fromkeys((*here, *listed)):
        installed, entry = here.get(name), listed.get(name)
        model = installed or entry
        assert model is not None
        rows.append(
            ModelRow(
                name=name,
                title=model.title,
                kind=model.kind,
                size=model.size,
                licence=model.licence,
                words=say(entry.words, task.language) if entry else "",
                sha256=model.sha256,
                installed=installed is not None,
                in_use=installed is not None and name in in_use,
                tokens_per_second=installed.tokens_per_second if installed else 0.0,
            )
        )
    return tuple(rows)


def import_model(task: Task, request: ImportModel) -> str:
    """A GGUF file into the program's own folder."""
    name = request.name.strip() or None
    folder, command = house.models_folder(), house.probe_command()
    return catalogue.add(request.file, folder, command, name, report=task.report, cancel=task.cancel).name


def take_over_models(task: Task, request: TakeOverModels) -> tuple[str, ...]:
    """The models of a folder into the program's own; what could not be loaded without them is loaded."""
    folder, command = house.models_folder(), house.probe_command()
    carried = carrying.import_models(request.folder, folder, command, task.report, task.cancel)
    task.engine.models.try_again()
    return tuple(one.model.name for one in carried)


def measure_model(task: Task, request: MeasureModel) -> float:
    """How fast a model writes here."""
    folder, command = house.models_folder(), house.probe_command()
    measured, _ = catalogue.measure(request.name, folder, command, report=task.report, cancel=task.cancel)
    return measured.tokens_per_second


def remove_model(task: Task, request: RemoveModel) -> None:
    """Delete a model that is not in use."""
    if request.name in (task.settings.model, task.settings.embedder):
        raise UserProblem("engine_model_in_use", name=request.name)
    catalogue.remove(request.name, house.models_folder())


def configure(task: Task, request: Configure) -> None:
    """Work with other settings from now on."""
    task.engine.configure(request.settings)


def prove(task: Task, _: ProveOffline) -> tuple[Guard, ...]:
    """What becomes of every way out of this process."""
    return prove_offline(task.language)


def collect_support(task: Task, _: CollectSupport) -> dict[str, str]:
    """The texts of the support bundle; the doctor is asked when nothing is being changed."""

    def report(progress: Progress) -> None:
        task.cancel.check()
        task.report(progress)

    return support.collect(task.settings, task.library, check=not task.engine.changing(), report=report)


# -- whether this installation works


def run_self_test(task: Task, request: SelfTest) -> SelfTestReport:
    """From the models to the citation, on the sample documents, in a folder of its own."""
    return self_test(task.settings, quick=request.quick, report=task.report, on_step=task.partly, cancel=task.cancel)


def check_files(task: Task, _: CheckFiles) -> FilesChecked:
    """The installed program's files against their list."""
    return check_manifest(program_folder(), task.report, task.cancel)


WORK: Mapping[type[Request[Any]], Callable[[Task, Any], object]] = {
    OpenLibrary: open_library,
    GetLibrary: get_library,
    ListDocuments: list_documents,
    ListRejected: list_rejected,
    ForgetRejected: forget_rejected,
    AddFiles: add_files,
    ReplaceFile: replace_file,
    ResumeImports: resume_imports,
    RemoveDocuments: remove_documents,
    MoveDocuments: move_documents,
    CreateCollection: create_collection,
    RenameCollection: rename_collection,
    DeleteCollection: delete_collection,
    CheckHealth: check_health,
    BackUp: back_up,
    Restore: restore,
    ViewDocument: view_document,
    RenderPage: render_page,
    Unlock: unlock,
    ReadPage: read_page,
    Ask: ask,
    ListConversations: list_conversations,
    OpenConversation: open_conversation,
    RenameConversation: rename_conversation,
    DeleteConversation: delete_conversation,
    ListRecords: list_records,
    OpenRecord: open_record,
    VerifyAudit: verify_audit,
    ExportRecords: export_records,
    ListModels: list_models,
    ImportModel: import_model,
    TakeOverModels: take_over_models,
    MeasureModel: measure_model,
    RemoveModel: remove_model,
    Configure: configure,
    ProveOffline: prove,
    CollectSupport: collect_support,
    SelfTest: run_self_test,
    CheckFiles: check_files,
    **personas.WORK,
}
