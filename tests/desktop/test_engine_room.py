"""Inside the engine's process: lanes, sharing, guards, records, and every request answered by the real thing."""

from __future__ import annotations

import io
import json
import multiprocessing
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from pypdf import PdfWriter

from core.audit import BEGUN, SENTENCE, STOPPED
from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.library import Library, open_library
from core.nouns import AnswerKind, Conversation, Exchange, Progress, Report, SameName, Scope, Understood, silent
from core.settings import Settings
from desktop import channel, house
from desktop.channel import (
    AddFiles,
    Ask,
    BackUp,
    CheckHealth,
    Configure,
    CreateCollection,
    DeleteCollection,
    DeleteConversation,
    Done,
    ExportRecords,
    Failed,
    Found,
    GetLibrary,
    Grown,
    ImportModel,
    ListConversations,
    ListDocuments,
    ListModels,
    ListRecords,
    MeasureModel,
    MoveDocuments,
    OpenConversation,
    OpenLibrary,
    OpenRecord,
    ProveOffline,
    ReadPage,
    RemoveDocuments,
    RemoveModel,
    RenameCollection,
    RenameConversation,
    RenderPage,
    ReplaceFile,
    Restore,
    ResumeImports,
    State,
    Unlock,
    VerifyAudit,
    ViewDocument,
    unpack,
)
from desktop.engine_room import records
from desktop.engine_room.lanes import Job, Lane
from desktop.engine_room.mouth import Mouth
from desktop.engine_room.records import Ledger
from desktop.engine_room.sharing import SharedEmbedder
from desktop.engine_room.work import WORK
from desktop.faults import keep_fault, portable
from tests.core.reading.support import pdf, text
from tests.desktop.engine import Client, embed_slowly, engine, with_fakes, write
from tests.fakes import FakeEmbedder
from tests.installed import installed

ROOT = Path(__file__).parents[2]
END = "When does the lease end?"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    with_fakes(monkeypatch, folder)
    return folder


def problem_of(client: Client, request: channel.Request[Any]) -> VademecumError:
    """Why the engine does not do this."""
    reply = client.reply(client.start(request))
    assert isinstance(reply, Failed), reply
    return reply.error


# -- the parts, one by one


def test_every_request_has_its_function() -> None:
    kinds = {kind for kind in vars(channel).values() if isinstance(kind, type) and issubclass(kind, channel.Request)}
    assert set(WORK) == kinds - {channel.Request}


def test_a_lane_does_one_thing_at_a_time_in_order_or_the_newest_first() -> None:
    for newest_first, order in ((False, [1, 2, 3, 4]), (True, [1, 4, 3, 2])):
        begun, done, go = threading.Event(), [], threading.Event()

        def work(job: Job, begun: Any = begun, done: Any = done, go: Any = go) -> None:
            begun.set()
            go.wait(10)
            done.append(job.id)

        lane = Lane("test", work, newest_first=newest_first, gently=True)
        lane.put(Job(1, GetLibrary()))
        assert begun.wait(10)
        for id in (2, 3, 4, 5):
            lane.put(Job(id, GetLibrary()))
        taken = lane.take_back(5)
        assert taken is not None and taken.id == 5
        assert lane.take_back(1) is None, "it has begun"
        assert [job.id for job in lane.jobs] == [1, 2, 3, 4]
        assert not lane.wait_until_idle(0.01)
        go.set()
        end = time.monotonic() + 10
        while lane.jobs and time.monotonic() < end:
            time.sleep(0.01)
        assert done == order


class _Slow(FakeEmbedder):
    """Notes who is inside and how much text came at once; embeds 20,000 bytes in a second."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = self.most = 0
        self.pieces: list[int] = []

    def embed_passages(self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None) -> Any:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.pieces.append(sum(map(len, texts)))
        time.sleep(self.pieces[-1] / 20_000)
        try:
            return super().embed_passages(texts, report, cancel)
        finally:
            self.inside -= 1


@pytest.mark.parametrize("lengths", [(12, 84), (2_000, 2_400)], ids=["short passages", "long ones"])
def test_a_question_waits_for_a_few_passages_of_an_import_at_most(lengths: tuple[int, int]) -> None:
    inner = _Slow()
    shared = SharedEmbedder(inner)
    words = Random(7)
    total, passages = 0, list[str]()
    while total < 40_000:
        passages.append(f"{len(passages)} " + "passage" * (words.randint(*lengths) // 7))
        total += len(passages[-1])
    made: list[Any] = []
    told: list[Progress] = []
    importing = threading.Thread(target=lambda: made.append(shared.for_imports().embed_passages(passages, told.append)))
    importing.start()
    time.sleep(0.1)
    waited: list[float] = []
    for _ in range(3):
        began = time.monotonic()
        shared.for_questions().embed_passages(["a sentence"])
        waited.append(time.monotonic() - began)
        assert importing.is_alive()
    importing.join()
    assert min(waited) < 0.4, "an import embeds for two seconds here"
    assert np.allclose(made[0], FakeEmbedder().embed_passages(passages))
    assert inner.most == 1
    assert max(inner.pieces) <= 3_000, "what takes about the time that is meant, or one that is longer"
    assert told[-1] == Progress("stage_embedding", len(passages), len(passages))
    assert shared.for_imports().identity == shared.for_questions().identity == inner.identity


def test_an_import_counts_tokens_piece_by_piece() -> None:
    inner = _Slow()
    texts = ["a word and another " * (n % 50) for n in range(200)]
    seen: list[int] = []

    def count(texts: Sequence[str]) -> list[int]:
        seen.append(sum(map(len, texts)))
        return FakeEmbedder.count_tokens(inner, texts)

    inner.count_tokens = count  # type: ignore[method-assign]
    assert SharedEmbedder(inner).for_imports().count_tokens(texts) == FakeEmbedder().count_tokens(texts)
    assert len(seen) > 5 and max(seen) <= 16_000


def test_a_text_far_longer_than_what_is_read_of_it_makes_no_long_turn() -> None:
    class Cut(_Slow):
        def embed_passages(
            self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
        ) -> Any:
            return super().embed_passages([text[:2000] for text in texts], report, cancel)

    inner = Cut()
    SharedEmbedder(inner).for_imports().embed_passages(["word " * 100_000, *["a word and another " * 20] * 100])
    assert max(inner.pieces[1:3]) <= 4_000


def test_a_paused_import_keeps_nobody_from_embedding() -> None:
    shared = SharedEmbedder(FakeEmbedder())
    paused = CancelToken()
    paused.pause()
    importing = threading.Thread(
        target=lambda: shared.for_imports().embed_passages(["one"] * 40, silent, paused), daemon=True
    )
    importing.start()
    time.sleep(0.1)
    assert shared.for_questions().embed_question("question").shape == (64,)
    paused.resume()
    importing.join(10)
    assert not importing.is_alive()


def test_progress_is_told_now_and_then_and_never_after_the_end() -> None:
    ours, theirs = multiprocessing.Pipe()
    mouth = Mouth(theirs, lambda: State("ready"))
    mouth.start()
    for done in range(2000):
        mouth.tell(1, Progress("stage_reading", done, 2000))
        time.sleep(0.0001)
    mouth.finish(1, Done(1, None))
    time.sleep(1.2)
    heard = []
    while ours.poll():
        heard.append(unpack(ours.recv_bytes()))
    mouth.close()
    told = [reply for reply in heard if isinstance(reply, channel.Told)]
    assert 1 <= len(told) <= 20
    assert [t.progress.done for t in told] == sorted(t.progress.done for t in told)
    end = heard.index(Done(1, None))
    assert not [reply for reply in heard[end:] if isinstance(reply, channel.Told)]
    assert len([reply for reply in heard if isinstance(reply, State)]) >= 2


def test_a_fault_is_kept_without_a_word_of_a_document(home: Path) -> None:
    read = {"name": "Johanna Beispiel", "clause": "The price is 900 euros."}

    def cause() -> None:
        raise KeyError(read["name"])

    try:
        try:
            cause()
        except KeyError as inner:
            raise ValueError(read["clause"]) from inner
    except ValueError as fault:
        problem = keep_fault(fault)
    kept = house.fault_file().read_text(encoding="utf-8")
    assert problem.key == "fault_of_ours" and str(house.fault_file()) in problem.sentence()
    assert "ValueError" in kept and "KeyError" in kept and "in cause" in kept
    assert not [words for words in read.values() if words in kept or words in problem.sentence()]
    assert "ValueError" in problem.sentence()
    assert keep_fault(MemoryError()).key == "out_of_memory"


def test_a_problem_travels_with_words_in_place_of_the_errors_of_libraries() -> None:
    problem = portable(UserProblem("library_damaged", folder=Path("lib"), fault=OSError(5, "worn out")))
    arrived = unpack(channel.pack(Failed(1, problem))).error
    assert "worn out" in arrived.sentence()
    assert type(portable(Cancelled())) is Cancelled


def test_nothing_in_the_process_reaches_a_network() -> None:
    """In a process of its own: the guards cannot be taken off again."""
    program = textwrap.dedent(
        """
        import asyncio, ctypes, multiprocessing, socket, subprocess, sys, threading
        from desktop.engine_room.offline import NetworkForbidden, forbid_network, prove_offline

        before = prove_offline("en")
        forbid_network()

        def refused(attempt):
            try:
                attempt()
            except NetworkForbidden:
                return "guard"
            except PermissionError:
                return "kernel"
            except OSError as fault:
                return repr(fault)
            return "open"

        def connect(family, address):
            with socket.socket(family) as made:
                made.connect(address)

        pair = socket.socketpair()
        pair[0].sendall(b"x")
        assert pair[1].recv(1) == b"x"
        asyncio.run(asyncio.sleep(0))
        assert refused(lambda: connect(socket.AF_UNIX, "/nowhere/at/all")).startswith("FileNotFound")
        for attempt in (
            lambda: connect(socket.AF_INET, ("127.0.0.1", 9)),
            lambda: connect(socket.AF_INET6, ("::1", 9)),
            lambda: socket.getaddrinfo("localhost", 80),
            lambda: socket.gethostbyname("localhost"),
            lambda: socket.create_connection(("192.0.2.1", 443), 1),
        ):
            assert refused(attempt) in ("guard", "kernel"), refused(attempt)
        sys.addaudithook(lambda *_: None)
        assert all(guard.held for guard in prove_offline("en")), prove_offline("en")
        assert all(guard.held for guard in prove_offline("zh"))
        assert [guard.words for guard in prove_offline("zh")] != [guard.words for guard in prove_offline("en")]
        elsewhere = []
        thread = threading.Thread(target=lambda: elsewhere.append(refused(lambda: connect(2, ("127.0.0.1", 9)))))
        thread.start()
        thread.join()
        assert elsewhere[0] in ("guard", "kernel")
        if sys.platform == "linux":
            tried = "import socket; socket.socket(socket.AF_INET)"
            child = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True)
            assert "PermissionError" in child.stderr
        print([guard.held for guard in before])
        """
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout.lower()) == [False] * (5 if sys.platform == "linux" else 4)


def test_the_guard_alone_refuses_where_the_kernel_does_not_help() -> None:
    program = textwrap.dedent(
        """
        import socket
        from desktop.engine_room import offline
        offline._bar_sockets = lambda: None
        offline.forbid_network()
        held = [guard.held for guard in offline.prove_offline("en")]
        assert all(held[:4]), held
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))  # no connection: libraries do it to learn whether there is IPv6
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            here = ("127.0.0.1", 9)
            for attempt in (lambda: made.sendto(b"x", here), lambda: made.sendmsg([b"x"], [], 0, here)):
                try:
                    attempt()
                except offline.NetworkForbidden:
                    continue
                raise AssertionError("it was sent")
        """
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    if "Cannot assign requested address" in told.stderr or "not supported by protocol" in told.stderr:
        pytest.skip("this machine has no IPv6 at all, so there is nothing to bind")
    assert told.returncode == 0, told.stderr


# -- the records of a library


def record(library: Library, question: str, **more: Any) -> int:
    body = {
        "utc": "2026-03-01T12:00:00+00:00",
        "kind": "answered",
        "user": "mara",
        "question": question,
        "scope": {"collections": ["Matter 1"], "documents": []},
        "model": {"name": "default"},
        "sentences": [{"text": "The lease ends in March."}],
    }
    return library.append_record({**body, **more}).sequence


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "records", create=True) as opened:
        yield opened


def find(library: Library, ledger: Ledger, **wanted: Any) -> list[int]:
    ledger.catch_up(library, CancelToken())
    return [line.sequence for line in ledger.find(ListRecords(**wanted))]


def test_records_are_found_by_words_day_and_collection(library: Library) -> None:
    first = record(library, "When does the LEASE end?")
    second = record(
        library, "阿司匹林的剂量？", utc="2026-03-05T12:00:00+00:00", scope={"collections": []}, sentences=[]
    )
    third = record(library, "Thanks", utc="2026-03-09T12:00:00+00:00", kind="conversation", user="Zoë")
    ledger = Ledger()
    assert find(library, ledger) == [third, second, first]
    assert find(library, ledger, words="lease march") == [third, first]
    assert find(library, ledger, words="ｌｅａｓｅ does") == [first]
    assert find(library, ledger, words="剂量") == [second]
    assert find(library, ledger, words="zoë") == [third]
    assert find(library, ledger, words="rent") == []
    assert find(library, ledger, since="2026-03-05") == [third, second]
    assert find(library, ledger, until="2026-03-05") == [second, first]
    assert find(library, ledger, since="2026-03-02", until="2026-03-08") == [second]
    assert find(library, ledger, collection="Matter 1") == [third, first]
    fourth = record(library, "And later?")
    assert find(library, ledger) == [fourth, third, second, first], "what is new is taken in"
    line = ledger.find(ListRecords(words="later"))[0]
    assert (line.user, line.kind, line.model, line.collections) == ("mara", "answered", "default", ("Matter 1",))
    assert line.intact


def test_the_steps_of_an_answer_are_no_answers(library: Library) -> None:
    begun = library.append_record({"kind": BEGUN, "question": END}).sequence
    library.append_record({"kind": SENTENCE, "begun": begun, "sentence": {"text": "words"}})
    stopped = record(library, END, kind=STOPPED)
    quoting = record(library, 'What does "kind":"begun" mean?')
    assert find(library, Ledger()) == [quoting, stopped]


def test_a_record_that_was_edited_is_listed_as_such(library: Library) -> None:
    record(library, "When?")
    for body in ("no JSON", "[]", '{"question": 4, "scope": [], "utc": "yesterday", "sentences": {}}', ""):
        with library._store.writing():
            library._store._db.execute("DROP TRIGGER IF EXISTS audit_no_update")
            library._store._db.execute("UPDATE audit SET body = ? WHERE sequence = 1", (body,))
        ledger = Ledger()
        assert find(library, ledger) == [1]
        assert not ledger.find(ListRecords())[0].intact
        found = records.whole(next(library.records()))
        assert not found.intact and isinstance(found.body, dict)


def test_records_are_written_to_a_file_whole_or_not_at_all(library: Library, tmp_path: Path) -> None:
    for n in range(3):
        record(library, f"Question {n} 阿司匹林")
    out = tmp_path / "records.jsonl"
    assert records.export(library.records(), out) == 3
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["record"]["question"] for line in lines] == [f"Question {n} 阿司匹林" for n in range(3)]
    assert all(line["intact"] and len(line["hash"]) == 64 for line in lines)
    with pytest.raises(UserProblem) as problem:
        records.export(library.records(), tmp_path / "absent" / "records.jsonl")
    assert problem.value.key == "cannot_write"

    def breaking() -> Iterator[Any]:
        yield next(library.records())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        records.export(breaking(), out)
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3, "what was there stays"
    assert list(tmp_path.glob(".records*")) == []


@pytest.mark.slow
def test_ten_thousand_records_list_at_once(library: Library) -> None:
    candidates = [
        {"passage": f"p{n}", "document": "Agreement.pdf", "sha256": "a" * 64, "score": 0.5} for n in range(12)
    ]
    with library._store.writing():
        previous = library._store.audit_head()[1]
        from core.audit import link

        for sequence in range(1, 10_001):
            body = {"utc": "2026-03-01T12:00:00+00:00", "kind": "answered", "question": f"Question {sequence}?"}
            made = link(sequence, previous, {**body, "candidates": candidates, "draft": "words " * 200})
            previous = made.hash
            library._store._db.execute(
                "INSERT INTO audit(sequence, body, previous, hash) VALUES (?,?,?,?)",
                (made.sequence, made.body, made.previous, made.hash),
            )
    ledger = Ledger()
    began = time.thread_time()  # of work, not of waiting for a busy machine
    assert len(find(library, ledger)) == 10_000
    first = time.thread_time() - began
    began = time.thread_time()
    assert len(find(library, ledger, words="question 7777")) == 1
    again = time.thread_time() - began
    assert first < 5.0, "two thirds of a second where nothing else is done"
    assert again < 0.5


# -- the whole, in its process


@pytest.mark.slow
def test_a_conversation_grows_is_kept_found_renamed_and_deleted(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first", "second")), "general"))
        id = client.start(Ask(END))
        reply = client.reply(id)
        assert isinstance(reply, Done) and isinstance(reply.value, Exchange)
        exchange = reply.value
        parts = client.parts(id)
        kinds = [type(part) for part in parts]
        assert kinds[:2] == [Understood, Found] and set(kinds[2:]) == {Grown}
        assert parts[0] == Understood(END, Scope())
        shown = tuple(part.claim for part in parts if isinstance(part, Grown))
        assert shown == exchange.answer.checked.claims
        assert exchange.answer.checked.kind is AnswerKind.ANSWERED
        assert exchange.answer.record.sequence == client.ask(GetLibrary()).records
        assert [p.stage for p in client.progress(id)][-1:] != ["stage_loading"]

        follow = client.ask(Ask("And in the second?", conversation=exchange.conversation))
        assert (follow.conversation, follow.typed) == (exchange.conversation, "And in the second?")
        typed = client.ask(Ask("When does the first lease end?", Scope((), ("first.pdf",)), as_typed=True))
        assert typed.conversation != exchange.conversation
        assert {c.document for claim in typed.answer.checked.claims for c in claim.citations} == {"first.pdf"}

        found = client.ask(ListConversations("second lease"))
        assert [(type(one), one.exchanges) for one in found] == [(Conversation, 2)]
        assert client.ask(OpenConversation(exchange.conversation)) == (exchange, follow)
        client.ask(RenameConversation(exchange.conversation, "About leases"))
        assert "About leases" in [one.title for one in client.ask(ListConversations())]
        client.ask(DeleteConversation(exchange.conversation))
        assert len(client.ask(ListConversations())) == 1
        assert problem_of(client, OpenConversation(exchange.conversation)).sentence()
        assert len(client.ask(ListRecords())) == 3, "the records stay"
        assert problem_of(client, Ask("  ")).key == "question_empty"
        assert problem_of(client, Ask(END, Scope(("nowhere",)))).key == "library_unknown_collection"


@pytest.mark.slow
def test_documents_are_added_moved_replaced_shown_and_removed(tmp_path: Path) -> None:
    write(tmp_path / "in", "one", "two")
    (newer,) = write(tmp_path / "new", "one", word="tenancy")
    with engine(tmp_path / "lib") as client:
        change = client.ask(AddFiles((tmp_path / "in",), "general"))
        assert change.added == ("one.pdf", "two.pdf")
        first = next(d for d in client.ask(ListDocuments()) if d.name == "one.pdf")

        view = client.ask(ViewDocument(first.sha256))
        assert (view.name, view.active, view.replaced_by, len(view.sheets)) == ("one.pdf", True, "", 3)
        assert (view.sheets[2].label, view.sheets[2].width, view.sheets[2].read_by) == ("3", 595.0, "text")
        picture = client.ask(RenderPage(first.sha256, 2, 400))
        assert (picture.width, picture.height) == (400, 566)
        assert len(picture.pixels) == picture.stride * picture.height
        assert "noon" in client.ask(ReadPage(first.sha256, 0))

        refused = client.ask(AddFiles((newer,), "general"))
        assert refused.same_name == ("one.pdf",)
        assert client.ask(AddFiles((newer,), "general", same_name=SameName.KEEP_BOTH)).added == ("one (2).pdf",)
        client.ask(RemoveDocuments(tuple(d.id for d in client.ask(ListDocuments()) if "(2)" in d.name)))
        client.ask(ReplaceFile("one.pdf", "general", newer))
        second = next(d for d in client.ask(ListDocuments()) if d.name == "one.pdf")
        assert second.version == 2
        old = client.ask(ViewDocument(first.sha256))
        assert (old.active, old.version, old.replaced_by) == (False, 1, second.sha256)
        assert (
            client.ask(RenderPage(first.sha256, 0, 400)).pixels != client.ask(RenderPage(second.sha256, 0, 400)).pixels
        )

        client.ask(CreateCollection("Matter"))
        client.ask(MoveDocuments((second.id,), "Matter"))
        client.ask(RenameCollection("Matter", "Matter 2"))
        assert client.ask(GetLibrary()).collections == (("Matter 2", 1), ("general", 1))
        removed = client.ask(DeleteCollection("Matter 2"))
        assert removed.removed == ("one.pdf",)
        assert problem_of(client, ViewDocument(first.sha256)).key == "view_gone"
        assert problem_of(client, RenderPage(first.sha256, 0, 400)).key == "library_original_missing"
        assert problem_of(client, RemoveDocuments((second.id,))).key == "library_unknown_document"
        rejected = client.ask(AddFiles((tmp_path / "absent.pdf",), "general")).rejected
        assert [name for name, _ in rejected] == ["absent.pdf"]


@pytest.mark.slow
def test_a_protected_document_is_shown_once_its_password_is_known(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf([text(["The settlement is confidential, says the note."])])))
    writer.encrypt("secret", "owner", algorithm="AES-256")
    locked = tmp_path / "locked.pdf"
    writer.write(locked)
    with engine(tmp_path / "lib") as client:
        assert client.ask(AddFiles((locked,), "general")).rejected
        client.ask(AddFiles((locked,), "general", password="secret"))
        (document,) = client.ask(ListDocuments())
        assert client.ask(RenderPage(document.sha256, 0, 200)).width == 200
    with engine(tmp_path / "lib") as client:
        assert problem_of(client, RenderPage(document.sha256, 0, 200)).key == "view_needs_password"
        assert problem_of(client, Unlock(document.sha256, "guess")).key == "view_password_wrong"
        assert problem_of(client, RenderPage(document.sha256, 0, 200)).key == "view_needs_password"
        client.ask(Unlock(document.sha256, "secret"))
        assert client.ask(RenderPage(document.sha256, 0, 200)).width == 200
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != locked]
    assert kept and not [data for data in kept if b"secret" in data]


@pytest.mark.slow
def test_of_pictures_the_newest_is_drawn_first_and_those_stopped_never(tmp_path: Path) -> None:
    (file,) = write(tmp_path / "in", "long", lines=400)
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles((file,), "general"))
        (document,) = client.ask(ListDocuments())
        client.ask(RenderPage(document.sha256, 0, 100))
        ids = [client.start(RenderPage(document.sha256, page, 3000)) for page in range(40)]
        for id in ids[1:30]:
            client.engine.cancel(id)
        replies = {id: client.reply(id) for id in ids}
        finished = [r.id for r in client.replies if isinstance(r, Done) and r.id in replies]
        assert ids[39] in finished[:12] and finished.index(ids[39]) < finished.index(ids[30])
        stopped = [id for id in ids[1:30] if isinstance(replies[id], Failed)]
        assert len(stopped) > 20


@pytest.mark.slow
def test_the_records_of_answers_are_listed_opened_checked_and_written_out(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        assert client.ask(ListRecords()) == ()
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first")), "general"))
        exchange = client.ask(Ask(END))
        client.ask(Ask("Which noon is meant?"))
        lines = client.ask(ListRecords())
        assert [line.question for line in lines] == ["Which noon is meant?", END]
        assert all(line.intact and line.kind == "answered" for line in lines)
        assert len(client.ask(ListRecords(limit=1))) == 1
        found = client.ask(OpenRecord(lines[1].sequence))
        assert (found.hash, found.intact) == (exchange.answer.record.hash, True)
        assert found.body["question"] == END
        assert problem_of(client, OpenRecord(10_000)).key == "audit_no_record"
        checked = client.ask(VerifyAudit())
        assert (checked.faults, checked.records) == ((), client.ask(GetLibrary()).records)
        assert client.ask(VerifyAudit(checked.checkpoint)).faults == ()
        wrong = client.ask(VerifyAudit(f"{checked.records + 5}:{'0' * 64}"))
        assert len(wrong.faults) == 1
        assert problem_of(client, VerifyAudit("nonsense")).key == "audit_bad_checkpoint"
        out = tmp_path / "records.jsonl"
        assert client.ask(ExportRecords(out, ListRecords(words="noon is", limit=1))) == 1
        assert client.ask(ExportRecords(out)) == 2
        assert len(out.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.slow
def test_without_a_model_everything_else_works_and_another_can_be_chosen(tmp_path: Path) -> None:
    with engine(tmp_path / "lib", Settings(model="absent")) as client:
        client.until(lambda: client.state.stage == "no_model")
        assert client.state.problem is not None and client.state.problem.sentence("zh")
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first")), "general"))
        (document,) = client.ask(ListDocuments())
        assert client.ask(RenderPage(document.sha256, 0, 100)).width == 100
        assert client.ask(VerifyAudit()).faults == ()
        assert problem_of(client, Ask(END)).key == client.state.problem.key
        assert "ready" not in client.states
        client.ask(Configure(Settings(model="scripted", language="zh")))
        assert client.ask(Ask(END)).answer.checked.claims
        client.until(lambda: client.state.stage == "ready" and client.state.problem is None)
        assert "不存在" in client.ask(AddFiles((tmp_path / "absent.pdf",), "general")).rejected[0][1]
        states = len(client.states)
        client.ask(Configure(Settings(model="scripted", theme="dark", reader_megabytes=800)))
        client.ask(RenderPage(document.sha256, 0, 100))
        assert client.states[states:] == [], "nothing was loaded anew"
        client.ask(Configure(Settings(model="absent")))
        client.until(lambda: client.state.stage == "no_model")


@pytest.mark.slow
def test_models_are_listed_and_bad_ones_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + bytes(100))
    with engine(tmp_path / "lib") as client:
        rows = client.ask(ListModels())
        assert {row.name for row in rows} >= {"default", "better", "tiny", "e5-small"}
        assert not any(row.installed or row.in_use for row in rows)
        assert problem_of(client, ImportModel(bad)).key == "model_damaged"
        assert problem_of(client, MeasureModel("default")).key == "model_none"
        assert problem_of(client, RemoveModel("default")).key == "engine_model_in_use"
        assert problem_of(client, RemoveModel("tiny")).key == "model_none"


@pytest.mark.slow
def test_another_library_takes_the_place_of_the_first(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first")), "general"))
        slow = client.start(Ask("Which lease ends slowly?"))
        client.until(lambda: bool(client.progress(slow)))
        other = client.ask(OpenLibrary(tmp_path / "other"))
        assert (other.folder, other.documents) == (tmp_path / "other", 0)
        reply = client.reply(slow)
        assert isinstance(reply, Failed) and isinstance(reply.error, Cancelled)
        assert client.ask(ListDocuments()) == ()
        with open_library(tmp_path / "lib") as closed:
            assert len(closed.documents()) == 1
        assert client.ask(OpenLibrary(tmp_path / "lib")).documents == 1
        (tmp_path / "file").write_text("no folder")
        assert problem_of(client, OpenLibrary(tmp_path / "file")).key == "library_not_a_folder"
        assert problem_of(client, OpenLibrary(tmp_path / "absent", create=False)).key == "library_missing"
        assert client.ask(GetLibrary()).documents == 1, "the one before is still open"
        assert client.ask(OpenLibrary(tmp_path / "lib")).documents == 1
        assert [line.question for line in client.ask(ListRecords())] == []


@pytest.mark.slow
def test_a_library_made_at_the_start_is_gone_when_another_place_is_chosen(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        assert client.ask(GetLibrary()).folder == tmp_path / "lib"
        client.ask(OpenLibrary(tmp_path / "chosen"))
        assert not (tmp_path / "lib").exists()
        client.ask(OpenLibrary(tmp_path / "other"))
        assert (tmp_path / "chosen" / "library.db").is_file(), "that one was asked for"
    with engine(tmp_path / "other") as client:
        client.ask(OpenLibrary(tmp_path / "chosen"))
        assert (tmp_path / "other" / "library.db").is_file(), "that one was there before"


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["stopped", "killed"])
def test_what_was_shown_of_a_broken_off_answer_stands_in_its_conversation(tmp_path: Path, ending: str) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first")), "general"))
        conversation = client.ask(Ask(END)).conversation
        halting = client.start(Ask("When does the lease end, told haltingly?", conversation=conversation))
        client.until(lambda: any(isinstance(part, Grown) for part in client.parts(halting)))
        if ending == "stopped":
            client.engine.cancel(halting)
            reply = client.reply(halting)
            assert isinstance(reply, Failed) and isinstance(reply.error, Cancelled)
        else:
            client.engine.kill()
        parts = client.parts(halting)
    with engine(tmp_path / "lib") as client:
        _, kept = client.ask(OpenConversation(conversation))
        checked = kept.answer.checked
        assert (kept.typed, checked.kind) == ("When does the lease end, told haltingly?", AnswerKind.STOPPED)
        assert checked.reason == ("cancelled" if ending == "stopped" else "answer_broken_off")
        assert list(checked.claims) == [part.claim for part in parts if isinstance(part, Grown)]
        assert checked.claims[0].citations[0].rects
        if ending == "stopped":
            assert parts[-1] == kept
        assert client.ask(VerifyAudit()).faults == ()
        assert client.ask(CheckHealth()) == ()


@pytest.mark.slow
def test_a_library_that_does_not_open_is_told_to_whoever_asks(tmp_path: Path) -> None:
    with open_library(tmp_path / "lib", create=True), engine(tmp_path / "lib") as client:
        assert problem_of(client, GetLibrary()).key == "library_in_use"
        assert problem_of(client, ListDocuments()).key == "library_in_use"
        assert client.ask(ListModels())
        assert client.ask(OpenLibrary(tmp_path / "other")).documents == 0


@pytest.mark.slow
@pytest.mark.parametrize("other", ["lib", "other"])
def test_another_library_may_be_asked_for_before_the_first_is_open(tmp_path: Path, other: str) -> None:
    with engine(tmp_path / "lib") as client:
        assert client.ask(OpenLibrary(tmp_path / other)).folder == tmp_path / other


@pytest.mark.slow
def test_it_ends_soon_though_it_has_only_just_begun(tmp_path: Path) -> None:
    for seconds in (0.0, 0.3, 0.8):
        with engine(tmp_path / "lib") as client:
            client.start(ListDocuments())
            time.sleep(seconds)
            began = time.monotonic()
        assert time.monotonic() - began < 4
    with open_library(tmp_path / "lib", create=True) as library:
        assert library.doctor() == []


@pytest.mark.slow
def test_while_documents_are_added_nothing_is_pulled_from_under_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed_slowly(monkeypatch, 0.05)
    with engine(tmp_path / "lib") as client:
        client.ask(CreateCollection("elsewhere"))
        adding = client.start(AddFiles(tuple(write(tmp_path / "in", *"abcdef", lines=80)), "general"))
        client.until(lambda: bool(client.progress(adding)))
        assert problem_of(client, OpenLibrary(tmp_path / "other")).key == "engine_changing"
        assert problem_of(client, RenameCollection("general", "other")).key == "engine_adding_here"
        assert problem_of(client, DeleteCollection("general")).key == "engine_adding_here"
        client.ask(RenameCollection("elsewhere", "somewhere"))
        assert client.ask(OpenLibrary(tmp_path / "lib")).pending > 0
        client.engine.cancel(adding)
        reply = client.reply(adding)
        assert isinstance(reply, Failed) and isinstance(reply.error, Cancelled)
        assert client.ask(GetLibrary()).pending == 0
        assert client.ask(ResumeImports()).added == ()


@pytest.mark.slow
def test_health_is_checked_and_mended(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first")), "general"))
        assert client.ask(CheckHealth()) == ()
        (document,) = client.ask(ListDocuments())
    with open_library(tmp_path / "lib") as library, library._store.writing():
        library._store._db.execute("UPDATE pages SET label = 'torn' WHERE page_index = 0")
    with engine(tmp_path / "lib") as client:
        (found,) = client.ask(CheckHealth())
        assert (found.key, found.mended) == ("doctor_content", False) and "first.pdf" in found.sentence
        told = client.ask(CheckHealth(repair=True))
        assert {ailment.key for ailment in told} >= {"doctor_content"} and all(ailment.mended for ailment in told)
        assert client.ask(CheckHealth(rebuild_index=True)) == ()
        assert client.ask(ViewDocument(document.sha256)).sheets[0].label == "1"


@pytest.mark.slow
def test_a_library_is_saved_and_made_again_beside_the_open_one(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "first")), "general"))
        made = client.ask(BackUp(tmp_path / "backup.zip"))
        assert (made.documents, made.missing) == (1, ())
        assert problem_of(client, BackUp(tmp_path / "backup.zip")).key == "backup_exists"
        restored = client.ask(Restore(tmp_path / "backup.zip", tmp_path / "again"))
        assert (restored.documents, restored.ailments) == (1, ())
        assert client.ask(GetLibrary()).folder == tmp_path / "lib"
        assert client.ask(OpenLibrary(restored.folder, create=False)).documents == 1


@pytest.mark.slow
def test_a_fault_of_ours_is_one_sentence_and_the_engine_goes_on(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        problem = problem_of(client, ReadPage("0" * 64, "first"))  # type: ignore[arg-type]
        assert problem.key == "fault_of_ours" and house.fault_file().exists()
        assert client.ask(GetLibrary()).documents == 0


@pytest.mark.slow
def test_the_engine_proves_that_it_is_offline(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.until(lambda: client.state.stage == "ready")
        guards = client.ask(ProveOffline())
        assert len(guards) >= 4 and all(guard.held for guard in guards), guards


@pytest.mark.slow
@pytest.mark.model
def test_the_real_engine_is_ready_soon_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name in ("e5-small", "tiny"):
        installed(name)
    lease = tmp_path / "lease.pdf"
    lease.write_bytes(pdf([text(["The lease ends on 31 March 2027.", "Either party may end it with 30 days notice."])]))
    with engine(tmp_path / "lib", Settings(model="tiny")) as client:
        client.ask(GetLibrary())
        assert time.monotonic() - client.began < 10.0
        client.until(lambda: client.state.stage == "ready")
        assert time.monotonic() - client.began < 30.0, "seven seconds where nothing else is done"
        client.ask(AddFiles((lease,), "general"))
        exchange = client.ask(Ask(END))
        assert exchange.answer.model.name == "tiny"
        assert [line.question for line in client.ask(ListRecords())] == [END]
        assert all(guard.held for guard in client.ask(ProveOffline()))
        assert client.ask(MeasureModel("tiny")) > 0
