"""What a person sees in a terminal: answers with their quotes, tables, progress."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from core.errors import UserProblem
from core.evaluating import Evaluation, Figure
from core.evaluating.comparing import MEASURES
from core.messages import say
from core.nouns import (
    Answer,
    AnswerKind,
    Candidate,
    Change,
    Citation,
    Claim,
    Coverage,
    Document,
    Outcome,
    Progress,
    Report,
    Verdict,
)
from desktop import forms

# Shape and colour, never colour alone.
_MARKS = {
    Verdict.SUPPORTED: ("✔", "green"),
    Verdict.PARTIAL: ("◐", "yellow"),
    Verdict.UNSUPPORTED: ("✘", "red"),
    Verdict.CONVERSATION: ("…", "cyan"),
}
_STATES = {Outcome.OK: ("✔", "green"), Outcome.PARTIAL: ("◐", "yellow"), Outcome.REJECTED: ("✘", "red")}
_KINDS = {
    AnswerKind.ANSWERED: "kind_answered",
    AnswerKind.NOT_FOUND: "kind_not_found",
    AnswerKind.CONVERSATION: "kind_conversation",
}
_PLAIN_EVERY = 5.0  # seconds between the lines that tell of progress where there is no terminal
_GAP = 2  # cells between two columns
_NARROWEST = 20  # cells of a column of words that is still read with ease
_VALUE = 11  # cells of a share's interval, and of the longest word above it
_LONGEST_QUESTION = 300  # characters of a question that are shown again above its answer
_CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_BREAK_IN_CHINESE = re.compile(rf"(?<={_CJK})\s*\n\s*(?={_CJK})")


class _Console(Console):
    """Prints what stands in documents and file names as text, never as commands to the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=forms.printable(segment.text))


class Screen:
    """Standard output for results, standard error for progress; ``json_wanted`` prints forms instead of pictures."""

    def __init__(self, language: str, *, json_wanted: bool = False) -> None:
        self.language = language
        self.json_wanted = json_wanted
        self._out = _Console(highlight=False, emoji=False)
        self._err = _Console(stderr=True, highlight=False, emoji=False)
        self._bars: Bars | None = None

    def say(self, key: str, **details: object) -> str:
        """The sentence for ``key`` in the user's language."""
        return say(key, self.language, **details)

    def form(self, form: object) -> None:
        """One JSON value on standard output."""
        with self._writing():
            json.dump(form, sys.stdout, ensure_ascii=False, indent=2)
            sys.stdout.write("\n")

    def line(self, key: str, **details: object) -> None:
        """One sentence on standard output."""
        self._print(Text(self.say(key, **details)), soft_wrap=True)

    def plain(self, words: str) -> None:
        """Words that are already sentences, on standard output."""
        self._print(Text(words), soft_wrap=True)

    def note(self, key: str, **details: object) -> None:
        """One sentence on standard error, also where JSON is wanted."""
        with self._between_bars():
            self._err.print(Text(self.say(key, **details)), soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Report]:
        """A report that shows itself on standard error: bars that are gone afterwards, or a line every few seconds."""
        if not self._err.is_terminal:
            yield _PlainProgress(self.language, self.note_plainly)
            return
        bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[item]}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
            console=self._err,
            transient=True,
            expand=True,
            # Results belong to standard output, wherever it leads; they are printed between the bars.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with bars:
            self._bars = bars
            try:
                yield _BarProgress(self.language, bars)
            finally:
                self._bars = None

    def note_plainly(self, words: str) -> None:
        """Words that are already a sentence, on standard error."""
        self._err.print(Text(words), soft_wrap=True)

    def answer(self, answer: Answer) -> None:
        """An answer: each sentence with its mark, quotes below, what was left out, and the record."""
        checked = answer.checked
        question = checked.question[:_LONGEST_QUESTION] + ("…" if len(checked.question) > _LONGEST_QUESTION else "")
        parts: list[RenderableType] = [Text.assemble(("\n▌ ", "cyan"), (_one_line(question), "bold")), Text()]
        if checked.searched:
            parts[-1:] = [Text(self.say("searched_as", question=_one_line(checked.searched)), "dim"), Text()]
        if checked.opening:
            parts += [Text(_one_line(checked.opening), "italic"), Text()]
        if checked.kind is AnswerKind.NOT_FOUND:
            refusal = Text.assemble((self.say("not_found"), "bold yellow"), " ", self.say(checked.reason))
            parts.append(_hanging([(Text("○", "bold yellow"), refusal)]))
        numbers: dict[Citation, int] = {}
        if checked.claims:
            parts.append(_hanging([self._claim(claim, numbers) for claim in checked.claims]))
        if numbers:
            said = {c.text for c in checked.claims if c.verbatim}
            parts += [Text(), _hanging([self._quote(c, n, said) for c, n in numbers.items()], indent=2)]
        for told in checked.disagreements:
            words = Text(forms.disagreement_words(told, self.language), "yellow")
            parts += [Text(), _hanging([(Text("≠", "bold yellow"), words)])]
        if checked.removed:
            parts += [Text(), Text(self.say("left_out"), "dim")]
            parts.append(_hanging([self._removed(claim) for claim in checked.removed], indent=2))
        if checked.kind is AnswerKind.NOT_FOUND and checked.nearest:
            parts += [Text(), Text(self.say("nearest"), "dim")]
            parts.append(_hanging([(Text("·"), self._found(c, lines=2)) for c in checked.nearest], indent=2))
        if checked.kind is AnswerKind.NOT_FOUND:
            parts += [Text(), Text(self._coverage(checked.coverage), "dim")]
        seconds = answer.seconds
        foot = self.say(
            "foot",
            kind=self.say(_KINDS[checked.kind]),
            model=answer.model.name,
            record=answer.record.sequence,
            revision=answer.library_revision,
            total=f"{seconds.total:.1f}",
            find=f"{seconds.find:.1f}",
            draft=f"{seconds.draft:.1f}",
        )
        self._print(*parts, Text(), Text(foot, "dim"))

    def _claim(self, claim: Claim, numbers: dict[Citation, int]) -> tuple[Text, Text]:
        mark, colour = _MARKS[claim.verdict]
        text = Text(_one_line(claim.text))
        for citation in claim.citations:
            number = numbers.setdefault(citation, len(numbers) + 1)
            text.append(f" [{number}]", style="bold cyan")
        if claim.verbatim:
            text.append(self.say("verbatim"), style="dim")
        for fault in claim.faults:
            text.append(f"\n{self.say(fault)}", style="dim")
        return Text(mark, f"bold {colour}"), text

    def _removed(self, claim: Claim) -> tuple[Text, Text]:
        mark, colour = _MARKS[Verdict.UNSUPPORTED]
        reasons = self.say("separator").join(self.say(fault) for fault in claim.faults)
        return Text(mark, colour), Text.assemble((_one_line(claim.text), "strike dim"), (f" — {reasons}", "dim"))

    def _quote(self, citation: Citation, number: int, said: set[str]) -> tuple[Text, Text]:
        where = self._where(citation.page_index, citation.page_label, section=citation.section)
        text = Text.assemble((citation.document, "bold"), self._version(citation.version), f" · {where}")
        if citation.quote not in said:  # a sentence that is itself the quote is not shown twice
            text.append(f"\n“{_one_line(citation.quote)}”", style="italic")
        if citation.poorly_read:
            text.append(f"\n{forms.doubt(citation, self.language)}", style="yellow")
        return Text(f"[{number}]", "bold cyan"), text

    def _version(self, version: int) -> str:
        """Which version of its document it is, where there has been more than one."""
        return f" · {self.say('cite_version', version=version)}" if version > 1 else ""

    def _where(self, page_index: int, label: str, *, section: bool) -> str:
        if section:
            return self.say("cite_section", label=_one_line(label))
        where = self.say("page", page=page_index + 1)
        return f"{where} {self.say('printed', label=label)}" if label and label != str(page_index + 1) else where

    def passages(self, candidates: Sequence[Candidate], seconds: float) -> None:
        """What a search found, best first."""
        if not candidates:
            self.line("nothing_found")
        rows = [(Text(str(n), "bold cyan"), self._found(c, lines=4)) for n, c in enumerate(candidates, 1)]
        for row in rows:
            self._print(_hanging([row], width=len(str(len(rows)))), Text())
        self._print(Text(self.say("search_seconds", seconds=f"{seconds:.2f}"), "dim"))

    def _found(self, candidate: Candidate, lines: int) -> Text:
        words = _one_line(candidate.passage.text)
        # The last heading is often the passage's own first line.
        headings = [_one_line(h) for h in candidate.passage.heading]
        heading = " › ".join(h for h in headings if h and not words.startswith(h))
        # Chinese fills a line with half as many characters.
        limit = lines * 75 // (2 if re.search(_CJK, words) else 1)
        where = self._where(candidate.passage.page_index, candidate.page_label, section=candidate.section)
        return Text.assemble(
            (candidate.document, "bold"),
            self._version(candidate.version),
            f" · {where} · {candidate.score:.2f}\n",
            (f"{heading}\n" if heading else "", "dim"),
            words[:limit] + ("…" if len(words) > limit else ""),
        )

    def _coverage(self, coverage: Coverage) -> str:
        text = self.say(
            coverage.told_by, documents=coverage.documents, pages=coverage.pages, sections=coverage.sections
        )
        unreadable = "; ".join(f"{name}: {', '.join(str(p + 1) for p in pages)}" for name, pages in coverage.unreadable)
        return f"{text} {self.say('could_not_read', pages=unreadable)}" if unreadable else text

    def change(self, change: Change) -> None:
        """What a change did, with a line a document that was not simply added."""
        for key, names in (
            ("change_added", change.added),
            ("change_replaced", change.replaced),
            ("change_removed", change.removed),
            ("change_unchanged", change.unchanged),
        ):
            if names:
                shown = ", ".join(names[:5]) + ("…" if len(names) > 5 else "")
                self.line(key, count=len(names), names=shown)
        for state, items in ((Outcome.PARTIAL, change.partial), (Outcome.REJECTED, change.rejected)):
            mark, colour = _STATES[state]
            for name, reason in items:
                self._print(Text.assemble((f"{mark} ", colour), (name, "bold"), f": {reason}"), soft_wrap=True)
        doubtful = (*change.poorly_read, *change.hidden)
        for mark, colour, remarks in (("!", "yellow", doubtful), ("✔", "green", change.restored)):
            for name, remark in remarks:
                self._print(Text.assemble((f"{mark} ", colour), (name, "bold"), f": {remark}"), soft_wrap=True)
        if change.added or change.replaced or change.removed or change.collections:
            self._print(Text(self.say("change_revision", revision=change.revision), "dim"))

    def documents(self, documents: Sequence[Document]) -> None:
        """The documents as a table."""
        if not documents:
            self.line("no_documents")
            return
        # Columns that say nothing leave their room to the names.
        scanned = any(known.ocr_pages for known in documents)
        replaced = any(known.version > 1 for known in documents)
        columns = ["", "col_document", "col_collection", "col_pages"]
        columns += ["col_ocr"] * scanned + ["col_version"] * replaced + ["col_added"]
        table = self._table(columns, folding=("col_document", "col_collection"))
        for known in documents:
            mark, colour = _STATES[known.outcome]
            name = Text(known.name)
            if known.unreadable_pages:
                pages = ", ".join(str(p + 1) for p in known.unreadable_pages)
                name.append("\n" + self.say("pages_unreadable", pages=pages), style="dim")
            if known.poorly_read:
                pages = ", ".join(str(p + 1) for p in known.poorly_read)
                name.append("\n" + self.say("pages_poorly_recognised", pages=pages), style="yellow")
            if known.hidden_pages:
                pages = ", ".join(str(p + 1) for p in known.hidden_pages)
                told = self.say("pages_with_hidden_text", pages=pages)
                if known.in_sections:
                    told = self.say("sections_with_hidden_text", count=len(known.hidden_pages))
                name.append("\n" + told, style="yellow")
            numbers = [self.say("sections_of", count=known.pages) if known.in_sections else str(known.pages)]
            read = str(known.ocr_pages or "") + (f" · {int(100 * known.confidence)}%" if known.recognised else "")
            numbers += [read] * scanned + [str(known.version)] * replaced + [known.added_at[:10]]
            table.add_row(Text(mark, colour), name, Text(known.collection), *numbers)
        self._print(table)

    def rows(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, folding: str = "") -> None:
        """A plain table; ``columns`` are message keys, and ``folding`` (the last one) takes what room is left.

        Where that would be too little to read, every row is a paragraph instead.
        """
        at = columns.index(folding) if folding else len(columns) - 1
        names = [self.say(column) if column else "" for column in columns]
        widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
        room = self._out.width - sum(width + _GAP for place, width in enumerate(widths) if place != at)
        if room < min(widths[at], _NARROWEST):
            for row in rows:
                others = [(names[place], cell) for place, cell in enumerate(row) if place != at and cell]
                self._print(*self._paragraph(Text(row[at], "bold"), [(Text(n, "dim"), Text(c)) for n, c in others]))
            return
        table = self._table(columns, folding=(columns[at],))
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._print(table)

    def _paragraph(self, heading: Text, entries: Sequence[tuple[Text, Text]]) -> tuple[RenderableType, ...]:
        """A row of a table where the terminal is too narrow for one: a line a cell, behind the name of its column."""
        grid = Table.grid(padding=(0, _GAP, 0, 0))
        widest = max((name.cell_len for name, _ in entries), default=0)
        # Half of the room for the names, so that values are never left a letter a line.
        grid.add_column(overflow="fold", width=max(1, min(widest, (self._out.width - 2 * _GAP) // 2)))
        grid.add_column(overflow="fold")
        for entry in entries:
            grid.add_row(*entry)
        return heading, Padding(grid, (0, 0, 0, _GAP), expand=False), Text()

    def listing(self, items: Sequence[tuple[bool, str, str, str, str]]) -> None:
        """Things that are here or not: (here, name, title, size, what to know about it), two lines each."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column()
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_column(no_wrap=True, justify="right")
        for here, name, title, size, words in items:
            mark = Text("✔", "green") if here else Text("○", "dim")
            table.add_row(mark, Text(name, "bold"), Text.assemble(title, ("\n" + words, "dim")), size)
        self._print(table)

    def record(self, body: Mapping[str, object]) -> None:
        """One audit record, whole."""
        text = json.dumps(body, ensure_ascii=False, indent=2)
        self._print(Text(text), soft_wrap=True)

    def evaluation(self, evaluation: Evaluation) -> None:
        """Every figure beside its floor, with what has to be said about it."""
        columns = ("col_measure", "col_n", "col_value", "col_interval", "col_floor")
        for table in evaluation.tables:
            shown = self._table(columns, folding=columns[:1], right=columns[1:])
            for figure in table.figures:
                shown.add_row(*self._figure(figure))
            self._print(Text(f"\n{self.say(table.title)}", "bold"), shown)
        if evaluation.notes:
            self._print(Text())
        self._print(*(Text(self.say(note)) for note in evaluation.notes))

    def comparison(self, evaluation: Evaluation) -> None:
        """A measure a row, its value with its interval in every column, and what has to be said about them."""
        self._print(Text(self.say("compare_title"), "bold"), Text(self._compared(evaluation)))
        by_name = [{figure.name: figure for figure in table.figures} for table in evaluation.tables]
        names = [self.say(table.title) for table in evaluation.tables]
        measures = [m for m in MEASURES if any(m in column for column in by_name)]
        wide = self._out.width >= _NARROWEST + len(names) * (_VALUE + _GAP)
        shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
        shown.add_column(self.say("compare_col_measure"), overflow="fold", vertical="top")
        for name in names:
            shown.add_column(name, overflow="fold", justify="right", min_width=_VALUE, max_width=_VALUE)
        paragraphs: list[RenderableType] = []
        for measure in measures:
            figures = [column.get(measure) for column in by_name]
            told = next(figure for figure in figures if figure)
            better = self.say(told.note or "compare_higher_is_better")
            heading = Text.assemble(self.say(measure), ("\n" + self.say("compare_of", n=told.n, better=better), "dim"))
            shown.add_row(heading, *(_value(figure, below=True) for figure in figures))
            heading.stylize("bold", 0, len(self.say(measure)))
            if not wide:
                paragraphs += self._paragraph(
                    heading, [(Text(name), _value(f)) for name, f in zip(names, figures, strict=True)]
                )
        self._print(Text(), *([shown] if wide else paragraphs), Text())
        self._print(*(Text(self.say(note), "dim") for note in evaluation.notes))

    def _compared(self, evaluation: Evaluation) -> str:
        """Who is compared, and how many questions they were asked."""
        settings = evaluation.settings
        told = self.say("compare_asked", n=settings.get("questions", 0))
        model = settings.get("model")
        if isinstance(model, Mapping) and settings.get("persona_name"):
            who = self.say("compare_who", persona=settings["persona_name"], model=model["name"])
            return f"{told} · {who}"
        return told

    def _figure(self, figure: Figure) -> tuple[Text, ...]:
        def number(value: float | None) -> str:
            if value is None:
                return ""
            return f"{value:.1f}" if figure.unit in ("%", "points") or abs(value) >= 10 else f"{value:.3f}"

        name = Text(figure.words(self.language))
        if figure.note:
            name.append(f"\n{self.say(figure.note)}", style="dim")
        between = " … " if figure.unit == "points" else "–"  # a dash before a minus cannot be read
        interval = "" if figure.low is None else f"{number(figure.low)}{between}{number(figure.high)}"
        worse = figure.floor is not None and (
            figure.value > figure.floor if figure.note == "note_lower_is_better" else figure.value < figure.floor
        )
        unit = "" if figure.unit == "points" else figure.unit  # the table's title says it in words
        value = Text(f"{number(figure.value)} {unit}".strip(), "yellow" if worse else "")
        return name, Text(str(figure.n)), value, Text(interval), Text(number(figure.floor))

    def _table(self, columns: Sequence[str], *, folding: Sequence[str], right: Sequence[str] = ()) -> Table:
        """A table whose columns (message keys) stay on one line, but for those that fold."""
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
        for column in columns:
            table.add_column(
                self.say(column) if column else "",
                overflow="fold",
                no_wrap=column not in folding,
                justify="right" if column in right else "left",
            )
        return table

    def _print(self, *parts: RenderableType, soft_wrap: bool = False) -> None:
        with self._writing():
            for part in parts:
                self._out.print(part, soft_wrap=soft_wrap)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Output may lead to a file on a full disk."""
        with self._between_bars():
            try:
                yield
            except BrokenPipeError:  # whoever read it has seen enough: no problem of the user's
                raise
            except OSError as fault:
                where = self.say("standard_output")
                raise UserProblem("cannot_write", path=where, fault=fault.strerror or fault) from fault

    @contextmanager
    def _between_bars(self) -> Iterator[None]:
        """Bars are put away while something else is printed, else the two would run into one another."""
        if self._bars is None:
            yield
            return
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()


class _BarProgress:
    """A report drawn as one bar, of the stage that is under way; may be called from any thread."""

    def __init__(self, language: str, bars: Bars) -> None:
        self._language = language
        self._bars = bars
        self._lock = Lock()
        self._stage = ""
        self._task: TaskID | None = None

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            if self._task is None or progress.stage != self._stage:
                if self._task is not None:
                    self._bars.remove_task(self._task)
                self._stage = progress.stage
                self._task = self._bars.add_task(say(progress.stage, self._language), total=None, count="", item="")
            self._bars.update(
                self._task,
                completed=progress.done,
                total=progress.total or None,
                count=_amount(progress.done, progress.total),
                item=progress.item,
            )


class _PlainProgress:
    """A report as a line every few seconds; short work stays silent."""

    def __init__(self, language: str, tell: Callable[[str], None]) -> None:
        self._language = language
        self._tell = tell
        self._lock = Lock()
        self._next = time.monotonic() + _PLAIN_EVERY

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + _PLAIN_EVERY
            words = (say(progress.stage, self._language), _amount(progress.done, progress.total), progress.item)
            self._tell("  ".join(word for word in words if word))


def _hanging(rows: Sequence[tuple[Text, Text]], *, indent: int = 0, width: int = 0) -> RenderableType:
    """Marks in a column of their own, so that long text stays right of them."""
    width = max([width, *(mark.cell_len for mark, _ in rows)])
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, justify="right", min_width=width)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return Padding(grid, (0, 0, 0, indent), expand=False)


def _value(figure: Figure | None, *, below: bool = False) -> Text:
    """A value and its interval, dimmed, behind or below it; a dash where there was nothing to measure."""
    if figure is None:
        return Text("–", "dim")
    value = f"{figure.value:.1f} {figure.unit}".strip()
    text = Text(value if below else value.ljust(len("100.0 %")))
    if figure.low is not None and figure.high is not None:
        text.append("\n" if below else "  ")
        text.append(f"{figure.low:.1f}–{figure.high:.1f}", style="dim")
    return text


def _one_line(text: str) -> str:
    """``text`` without its line breaks: a blank for each, but for none between Chinese characters."""
    return " ".join(_BREAK_IN_CHINESE.sub("", text).split())


def _amount(done: int, total: int) -> str:
    if total >= 1_000_000:  # nothing but bytes is counted in millions
        return f"{done / 1e6:.0f}/{total / 1e6:.0f} MB"
    return f"{done}/{total}" if total else (str(done) if done else "")
