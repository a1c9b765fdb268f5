"""The main job on the sample documents, as ``make demo`` shows it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, CancelToken, VademecumError
from core.nouns import SameName, Scope
from core.settings import Settings, load_settings
from desktop import house, samples
from desktop.cli import PROBLEM, STOPPED
from desktop.stopping import Interrupts, stopping

if TYPE_CHECKING:
    from core.importing import Importer
    from core.language_model import LanguageModel
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
    """Add the samples, ask, replace a document, ask again, remove it, ask again, check the record.

    The exit code is 0, or 1 or 130 as those of the command line.
    """
    house.go_offline()
    cancel = CancelToken()
    language = house.language(Settings())
    with stopping(cancel, language) as interrupts:
        return _told(language, cancel, interrupts)


def _told(language: str, cancel: CancelToken, interrupts: Interrupts) -> int:
    try:
        settings = load_settings()
        language = interrupts.language = house.language(settings)
        _show(settings, language, cancel)
    except (Exception, KeyboardInterrupt) as fault:
        # Whatever fails once a person asked to stop failed because of it: children are told to stop too.
        stopped = cancel.cancelled or isinstance(fault, KeyboardInterrupt)
        problem = Cancelled() if stopped else fault
        if not isinstance(problem, VademecumError):
            raise
        print(problem.sentence(language), file=sys.stderr)
        return STOPPED if stopped else PROBLEM
    return 0


def _show(settings: Settings, language: str, cancel: CancelToken) -> None:
    # The engine takes a second or two to import: Ctrl-C finds its handler set.
    from core.importing import Importer
    from desktop.presenting import Screen

    cancel.check()
    screen = Screen(language)
    with (
        house.library(_FOLDER, create=True) as library,
        house.reader(settings) as reader,
        screen.progress() as report,
    ):
        embedder = house.embedder(settings, cancel=cancel)
        screen.line("demo_adding", folder=samples.folder())
        left_over = [d.name for d in library.documents() if d.name in (_JANUARY, _JULY)]
        if left_over:
            library.remove(left_over)
        files = [f for f in sorted(samples.folder().glob("*.pdf")) if f.name != _JULY]
        # Samples of an older version of the program give way to those of this one.
        importer = Importer(library, reader, embedder, report=report, cancel=cancel)
        change = importer.add(files, collection=_COLLECTION, same_name=SameName.REPLACE)
        screen.change(change)
        screen.documents(library.documents())
        with house.language_model(settings, report=report, cancel=cancel) as model:
            _tell(screen, importer, model, settings.evidence_tokens)


def _tell(
    screen: Screen,
    importer: Importer,
    model: LanguageModel,
    evidence_tokens: int,
) -> None:
    from core.asking import ask  # a part of the engine, as above
    from core.audit import verify

    library = importer.library

    def question(key: str, words: str, documents: Sequence[str] = ()) -> None:
        screen.line(key)
        given = ask(
            words,
            library,
            importer.embedder,
            model,
            scope=Scope(documents=tuple(documents)),
            user=house.user_name(),
            evidence_tokens=evidence_tokens,
            report=importer.report,
            cancel=importer.cancel,
        )
        screen.answer(given)

    for key, words, documents in _QUESTIONS:
        question(key, words, documents)
    question("demo_growth", _GROWTH)
    new = samples.folder() / _JULY
    screen.change(importer.replace(_JANUARY, new, collection=_COLLECTION))
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
