"""The engine at work on a pack: documents in, questions searched and asked, everything timed.  Judges nothing."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.asking import ask, in_documents_words
from core.embedding import Embedder
from core.errors import CancelToken, UserProblem
from core.evaluating.pack import PagePlace, Question, documents, tidy
from core.finding import find
from core.importing import Importer
from core.language_model import LanguageModel
from core.library import Library
from core.nouns import Answer, Candidate, Citation, Progress, Report, SameName, Scope
from core.reading import Reader
from core.speaking import Speaker

if sys.platform != "win32":
    import resource

_PAGES = 10  # of a ranking are compared with the key
_PASSAGES = 40  # searched for at first: usually enough for ten different pages
_MOST_PASSAGES = 640


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts of the engine that an evaluation drives.

    ``open_model`` is called once, after the import, and only when questions are asked: what the import
    needs of memory is then measured without a language model in it.  With ``open_speaker`` everything is measured
    twice: without the persona that it gives for that model, and with it.
    """

    library: Library
    reader: Reader
    embedder: Embedder
    open_model: Callable[[], LanguageModel] | None = None
    evidence_tokens: int = 500
    open_speaker: Callable[[LanguageModel], Speaker] | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a suite's documents; ``pages`` and ``seconds`` are of those newly read.

    ``megabytes`` is the most that this process and the reader's ever held, None where the system does not tell.
    """

    documents: frozenset[str]
    total_pages: int
    pages: int
    seconds: float
    megabytes: tuple[float, float] | None
    rejected: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """One search: the pages in the order in which passages of them appear, and the best of every signal."""

    question: Question
    pages: tuple[PagePlace, ...]
    score: float
    similarity: float
    keyword_score: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer; ``verbatim`` tells of every quote shown, in order, whether it stands on its page.

    ``judgement`` is what the record says of whether there is an answer, empty where that was not weighed.
    """

    question: Question
    answer: Answer
    judgement: Mapping[str, object]
    verbatim: tuple[bool, ...]

    @property
    def probability(self) -> float:
        """The engine's own that there is an answer; 0 where there was nothing to weigh."""
        value = self.judgement.get("probability")
        return float(value) if isinstance(value, float | int) else 0.0

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations of all sentences shown, in order."""
        return tuple(citation for claim in self.answer.checked.claims for citation in claim.citations)


def bring_in(engine: Engine, pack: Path, suite: str, report: Report, cancel: CancelToken | None) -> Imported:
    """The suite's documents in a collection of its name; what is there already is left alone.

    UserProblem when the collection holds other documents, or when none of the suite's could be read.
    """
    files = documents(pack, suite)
    names = {tidy(file.name) for file in files}
    others = sorted(set(_pages(engine.library, suite)) - names)
    if others:
        raise UserProblem("evaluation_other_documents", collection=suite, name=others[0], count=len(others))
    began = time.perf_counter()
    importer = Importer(engine.library, engine.reader, engine.embedder, report=report, cancel=cancel)
    change = importer.add(files, collection=suite, same_name=SameName.REPLACE)  # a pack may have been corrected
    seconds = time.perf_counter() - began
    # The reader's process counts in the peak only once it has ended.
    engine.reader.close()
    there = _pages(engine.library, suite)
    if not there:
        name, why = change.rejected[0]
        raise UserProblem("evaluation_nothing_read", folder=files[0].parent, name=name, why=why)
    new = set(change.added) | set(change.replaced)
    return Imported(
        documents=frozenset(there),
        total_pages=sum(there.values()),
        pages=sum(pages for name, pages in there.items() if name in new),
        seconds=seconds,
        megabytes=_peak_megabytes(),
        rejected=change.rejected,
    )


def search_all(
    questions: Sequence[Question],
    engine: Engine,
    suite: str,
    there: frozenset[str],
    report: Report,
    cancel: CancelToken | None,
    speaker: Speaker | None = None,
) -> tuple[Searched, ...]:
    """Every question searched, as ``speaker`` understands it.  One about a document that was not read finds nothing."""
    results: list[Searched] = []
    for done, question in enumerate(questions):
        report(Progress("stage_evaluating_search", done, len(questions), question.id))
        if cancel:
            cancel.check()
        if question.document and question.document not in there:
            results.append(Searched(question, (), 0.0, 0.0, 0.0, 0.0))
            continue
        scope = _scope(question, suite)
        began = time.perf_counter()
        meant = in_documents_words(question.text, engine.library, scope, speaker, cancel).meant
        found = find(meant, engine.library, engine.embedder, scope=scope, k=_PASSAGES, cancel=cancel)
        seconds = time.perf_counter() - began
        k = _PASSAGES
        while len(_ranking(found)) < _PAGES and len(found) == k < _MOST_PASSAGES:
            k *= 2
            found = find(meant, engine.library, engine.embedder, scope=scope, k=k, cancel=cancel)
        results.append(
            Searched(
                question=question,
                pages=_ranking(found)[:_PAGES],
                score=max((c.score for c in found), default=0.0),
                similarity=max((c.similarity for c in found), default=0.0),
                keyword_score=max((c.keyword_score for c in found), default=0.0),
                seconds=seconds,
            )
        )
    report(Progress("stage_evaluating_search", len(questions), len(questions)))
    return tuple(results)


def ask_all(
    questions: Sequence[Question],
    engine: Engine,
    model: LanguageModel,
    suite: str,
    seed: int,
    report: Report,
    cancel: CancelToken | None,
    speaker: Speaker | None = None,
) -> tuple[Asked, ...]:
    """Every question asked, with ``speaker`` or with nobody in particular.

    The answers' records go into the library's audit chain like any other.
    """
    results: list[Asked] = []
    for done, question in enumerate(questions):
        report(Progress("stage_evaluating_asks", done, len(questions), question.id))
        answer = ask(
            question.text,
            engine.library,
            engine.embedder,
            model,
            scope=_scope(question, suite),
            user="evaluate",
            speaker=speaker,
            evidence_tokens=engine.evidence_tokens,
            seed=seed,
            cancel=cancel,
        )
        judgement = json.loads(answer.record.body).get("judgement") or {}
        shown = [citation for claim in answer.checked.claims for citation in claim.citations]
        verbatim = tuple(_stands(citation, engine.library) for citation in shown)
        results.append(Asked(question, answer, judgement, verbatim))
    report(Progress("stage_evaluating_asks", len(questions), len(questions)))
    return tuple(results)


def _scope(question: Question, suite: str) -> Scope:
    return Scope((suite,), (question.document,) if question.document else ())


def _ranking(found: Sequence[Candidate]) -> tuple[PagePlace, ...]:
    return tuple(dict.fromkeys((c.document, c.passage.page_index + 1) for c in found))


def _stands(citation: Citation, library: Library) -> bool:
    text = library.page(citation.sha256, citation.page_index).text
    return bool(citation.quote) and text[citation.start : citation.end] == citation.quote


def _pages(library: Library, collection: str) -> dict[str, int]:
    """Pages of every document in the collection, by name; empty when there is no such collection."""
    if collection not in dict(library.collections()):
        return {}
    return {document.name: document.pages for document in library.documents(Scope((collection,)))}


def conditions(began: float) -> dict[str, object]:
    """When and where this was measured, as plain JSON values; ``began`` is a reading of ``time.perf_counter``."""
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - began, 1),
        "machine": {
            "system": platform.system(),
            "release": platform.release(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
    }


def _peak_megabytes() -> tuple[float, float] | None:
    """The most memory that this process, and the largest of its ended children, ever held."""
    if sys.platform == "win32":
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    own, child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own * unit / 1e6, child * unit / 1e6
