"""What a persona changes: the same questions without it and with it, each figure with the interval of its difference.

Pure.  Points above nought are a gain; a persona does no harm where no interval lies below nought.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.evaluating.running import Asked, Searched
from core.evaluating.scoring import place
from core.evaluating.tables import Figure, Table, figure
from core.intervals import paired_difference, share
from core.nouns import AnswerKind

_RANKS = {"cuad": (1, 3, 5), "zh_laws": (1, 5, 10), "pubmed": (1,)}


def difference_table(
    suite: str,
    searched: tuple[Sequence[Searched], Sequence[Searched]],
    asked: tuple[Sequence[Asked], Sequence[Asked]],
) -> Table:
    """Points by which the figures with a persona lie above those without; pairs are (without, with), in one order."""
    figures: list[Figure] = []
    present = tuple([s for s in way if s.question.answerable] for way in searched)
    for k in _RANKS.get(suite, ()):
        hits = [[any(p in s.question.gold_pages for p in s.pages[:k]) for s in way] for way in present]
        figures += _points("figure_page_hit", hits, of=f"@{k}")
    measures: tuple[tuple[str, bool, Callable[[Asked], bool]], ...] = (
        ("figure_answered", True, lambda a: a.answer.checked.kind is AnswerKind.ANSWERED),
        ("figure_any_citation_on_page", True, lambda a: any(place(c) in a.question.gold_pages for c in a.citations)),
        ("figure_refusal_recall", False, lambda a: a.answer.checked.kind is AnswerKind.NOT_FOUND),
    )
    for name, answerable, well in measures:
        figures += _points(name, [[well(a) for a in way if a.question.answerable is answerable] for way in asked])
    figures += _points("figure_quotes_verbatim", [[all(a.verbatim) for a in way] for way in asked])
    same = [_shown(without) == _shown(with_it) for without, with_it in zip(*asked, strict=True)]
    figures += figure("figure_same_answer", share(same))
    return Table("table_difference", tuple(figures))


def _points(name: str, ways: Sequence[Sequence[bool]], of: str = "") -> tuple[Figure, ...]:
    without, with_it = ways
    return figure(name, paired_difference(without, with_it), unit="points", of=of)


def _shown(asked: Asked) -> tuple[object, ...]:
    checked = asked.answer.checked
    cited = [(c.document, c.page_index, c.quote) for c in asked.citations]
    return checked.kind, [(claim.text, claim.verdict) for claim in checked.claims], cited
