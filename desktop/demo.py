"""The main job on the sample documents, as ``make demo`` shows it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from core import importing
from core.asking import ask
from core.audit import verify
from core.embedding import Embedder
from core.errors import CancelToken, VademecumError
from core.language_model import LanguageModel
from core.library import Library
from core.nouns import Report, Scope
from core.reading import Reader
from core.settings import load_settings
from desktop import house, samples
from desktop.presenting import Screen

_FOLDER = Path("build") / "demo-library"
_COLLECTION = "samples"
_JANUARY, _JULY = "economic-outlook-2025-january.pdf", "economic-outlook-2025-july.pdf"
_CONTRACT = "consulting-agreement-driven-deliveries.pdf"
_OTHER_CONTRACT = "outsourcing-agreement-dgt-dolphin.pdf"
_GROWTH = "2025年全球GDP增长率是多少？"

_QUESTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("demo_clause", "Can either party terminate for convenience, and with what notice?", (_CONTRACT,)),
    ("demo_absent", "Is there a most favored nation clause?", (_OTHER_CONTRACT,)),
    ("demo_statute", "公司拖欠工资，员工可以解除合同吗？", ()),
    ("demo_dose", "What is the dose of quilodarine at a creatinine clearance of 30 to 59 mL/min?", ()),
    ("demo_outside", "奎洛达林注射液的滴注速度是多少？", ()),
    ("demo_scan", "When should the chest X-ray be repeated?", ("scanned-discharge-letter.pdf",)),
    ("demo_identity", "你是谁？", ()),
)


def main() -> int:
    """Add the samples, ask, replace a document, ask again, remove it, ask again, check the record."""
    house.go_offline()
    settings = load_settings()
    screen = Screen(house.language(settings))
    try:
        with (
            house.library(_FOLDER, create=True) as library,
            house.reader(settings) as reader,
            screen.progress() as report,
        ):
            embedder = house.embedder(settings)
            screen.line("demo_adding", folder=samples.folder())
            left_over = [d.name for d in library.documents() if d.name in (_JANUARY, _JULY)]
            if left_over:
                library.remove(left_over)
            files = [f for f in sorted(samples.folder().glob("*.pdf")) if f.name != _JULY]
            change = importing.add_files(
                library, reader, embedder, files, collection=_COLLECTION, report=report, cancel=CancelToken()
            )
            screen.change(change)
            screen.documents(library.documents())
            with house.language_model(settings, report=report) as model:
                _tell(screen, library, reader, embedder, model, settings.evidence_tokens, report)
    except VademecumError as problem:
        print(problem.sentence(screen.language), file=sys.stderr)
        return 1
    return 0


def _tell(
    screen: Screen,
    library: Library,
    reader: Reader,
    embedder: Embedder,
    model: LanguageModel,
    evidence_tokens: int,
    report: Report,
) -> None:
    def question(key: str, words: str, documents: Sequence[str] = ()) -> None:
        screen.line(key)
        given = ask(
            words,
            library,
            embedder,
            model,
            scope=Scope(documents=tuple(documents)),
            user=house.user_name(),
            evidence_tokens=evidence_tokens,
            report=report,
        )
        screen.answer(given)

    for key, words, documents in _QUESTIONS:
        question(key, words, documents)
    question("demo_growth", _GROWTH)
    new = samples.folder() / _JULY
    change = importing.replace_file(library, reader, embedder, _JANUARY, new, collection=_COLLECTION, report=report)
    screen.change(change)
    question("demo_growth_replaced", _GROWTH)
    screen.change(library.remove([_JULY]))
    question("demo_growth_removed", _GROWTH)
    faults = verify(library.records())
    for fault in faults:
        screen.line("doctor_found", sentence=fault.sentence(screen.language))
    if not faults:
        screen.line("audit_intact", count=library.audit_head().sequence)
    screen.line("demo_end", folder=_FOLDER)


if __name__ == "__main__":
    sys.exit(main())
