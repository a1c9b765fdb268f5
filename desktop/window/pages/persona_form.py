"""The form of a persona: who it is, how it speaks, the words of its trade, its own dialogues.

It keeps itself: a moment after the last letter, and before anything is made from it.  What the engine could not
take is kept beside the settings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, VademecumError
from core.nouns import Bilingual, Dialogue, Persona, Term, Voice
from desktop.channel import BenchView, CheckPersona, DialoguesRead, ReadDialogues, SavePersona, Slip, State
from desktop.window.controls import Choice, Tick
from desktop.window.desk import Desk
from desktop.window.fold import Fold
from desktop.window.pages import persona_drafts
from desktop.window.pages.persona_bench import Bench
from desktop.window.pages.persona_table import EditTable
from desktop.window.pages.persona_words import voice_words
from desktop.window.reading_column import in_the_middle
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import button, clear, label

_CHECK_AFTER, _SAVE_AFTER = 300, 1000  # milliseconds after the last letter
_SLIPS_SHOWN = 3  # at one field
_NAMES, _TONGUES = 88, 44  # pixels, so that the fields of one card begin where those of the other do
_SEPARATORS = re.compile(r"[;；、\n]")
_LANGUAGES = (("en", "English"), ("zh", "中文"))  # each in its own words
_BILINGUAL = ("name", "organisation", "purpose", "greeting")
_FIELDS = (*_BILINGUAL, "id", "voice", "own_voice", "languages", "never_say", "glossary", "dialogues")


def words_of(cell: str) -> tuple[str, ...]:
    """The words of a cell, which are parted by semicolons."""
    return tuple(word for part in _SEPARATORS.split(cell) if (word := part.strip()))


class _Lines(QPlainTextEdit):
    """One sentence a line; Tab leads on."""

    def __init__(self, name: str, placeholder: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setFixedHeight(4 * self.fontMetrics().lineSpacing() + 20)

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line with something in it."""
        return tuple(line for text in self.toPlainText().splitlines() if (line := text.strip()))


class FormStep(QWidget):
    """The form of one persona in the making."""

    saved = Signal()

    def __init__(self, desk: Desk, bench: Bench) -> None:
        super().__init__()
        self._desk = desk
        self._bench = bench
        self._known: tuple[Persona, ...] = ()  # the form as the engine has it: as it was sent, and as it was kept
        self._filling = False
        self._asked = 0
        self._saving = False
        self.texts: dict[tuple[str, str], QLineEdit] = {}
        self.slips: dict[str, QVBoxLayout] = {name: QVBoxLayout() for name in _FIELDS}
        for place in self.slips.values():
            place.setSpacing(2)
        self._checking, self._keeping = self._timer(_CHECK_AFTER, self.check), self._timer(_SAVE_AFTER, self.save)
        self._build()
        bench.changed.connect(self._show)
        bench.leaving.connect(self.save)
        desk.jobs.state.connect(self._engine_says)
        if bench.view is not None:
            self._show()

    # -- what is in it

    @property
    def persona(self) -> Persona:
        """The form as it stands."""
        both = {
            name: Bilingual(self.texts[name, "en"].text().strip(), self.texts[name, "zh"].text().strip())
            for name in _BILINGUAL
        }
        return Persona(
            self._bench.id,
            **both,
            voice=Voice(self.voice.currentData()),
            own_voice=self.own_voice.lines,
            languages=tuple(code for code, _ in _LANGUAGES if self.languages[code].isChecked()),
            never_say=self.never_say.lines,
            glossary=tuple(
                Term(term, words_of(short), words_of(same), definition, words_of(confusable))
                for term, short, same, definition, confusable in self.glossary.rows
            ),
            dialogues=tuple(Dialogue(asked, answered) for asked, answered in self.dialogues.rows),
        )

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that the engine does not have."""
        return bool(self._known) and self.persona not in self._known

    def fill(self, persona: Persona) -> None:
        """Show this persona."""
        self._filling = True
        for name in _BILINGUAL:
            words: Bilingual = getattr(persona, name)
            for code, text in (("en", words.en), ("zh", words.zh)):
                self.texts[name, code].setText(text)
                self.texts[name, code].setCursorPosition(0)  # a long one is read from its beginning
        self.voice.setCurrentIndex(self.voice.findData(persona.voice.value))
        self.own_voice.setPlainText("\n".join(persona.own_voice))
        for code, _ in _LANGUAGES:
            self.languages[code].setChecked(code in persona.languages)
        self.never_say.setPlainText("\n".join(persona.never_say))
        self.glossary.set_rows(
            [
                (t.term, "; ".join(t.abbreviations), "; ".join(t.synonyms), t.definition, "; ".join(t.confusable))
                for t in persona.glossary
            ]
        )
        self.dialogues.set_rows([(d.asked, d.answered) for d in persona.dialogues])
        self._show_voice()
        self._filling = False

    # -- checked and kept

    def check(self) -> None:
        """Ask what is wrong with the form as it stands."""
        self._checking.stop()
        self._asked += 1
        asked = self._asked

        def show(slips: tuple[Slip, ...]) -> None:
            if asked == self._asked:  # an answer about an earlier form may come later
                self.show_slips(slips)

        self._desk.jobs.run(CheckPersona(self.persona), self, done=show)

    def save(self) -> None:
        """Keep the form now, if anything was typed."""
        self._keeping.stop()
        if not self.unsaved:
            return
        sent = self.persona
        self._saving = True
        tell(self.state, self.tr("Saving …"), "muted")
        self._desk.jobs.run(SavePersona(sent), self, done=lambda view: self._saved(sent, view), failed=self._not_saved)

    def leave(self) -> None:
        """The window closes: what the engine does not have yet is kept beside the settings."""
        if self.unsaved or self._saving:
            persona_drafts.keep(self.persona)

    def showEvent(self, event: QShowEvent) -> None:
        """As the engine has it by now."""
        super().showEvent(event)
        self._enable()

    def _saved(self, sent: Persona, view: BenchView) -> None:
        self._known = (sent, view.persona)
        self._saving = False
        persona_drafts.forget(self._bench.id)
        if not self.unsaved:
            tell(self.state, self.tr("Saved."), "good")
        self._enable()
        self._bench.take(view)
        self.saved.emit()

    def _not_saved(self, error: VademecumError) -> None:
        self._saving = False
        persona_drafts.keep(self.persona)
        if not isinstance(error, Cancelled):
            words = self.tr("Not saved yet; what you typed stays here. {why}")
            tell(self.state, words.format(why=self._desk.sentence(error)), "bad")
        self._enable()

    def _engine_says(self, state: State) -> None:
        if state.stage in ("ready", "no_model") and self.unsaved and not self._keeping.isActive():
            self._keeping.start()

    def _show(self) -> None:
        view = self._bench.view
        if view is None:
            return
        if not self._known:
            self._known = (view.persona,)
            self.fill(view.persona)
            self._known = (view.persona, self.persona)  # as the fields give it back
            draft = persona_drafts.kept(self._bench.id)
            if draft is not None and draft != view.persona:
                self.fill(draft)
                self._changed()
            elif draft is not None:
                persona_drafts.forget(self._bench.id)
        elif not self.unsaved and view.persona not in self._known:  # changed by somebody else
            self._known = (view.persona,)
            self.fill(view.persona)
            self._known = (view.persona, self.persona)
        if not self.unsaved:
            self.show_slips(view.slips)
        self._enable()

    def show_slips(self, slips: Sequence[Slip]) -> None:
        """Each at its field."""
        for place in self.slips.values():
            clear(place)
        by_field: dict[str, list[Slip]] = {}
        for slip in slips:
            if slip.field == "examples":
                continue  # said at the examples
            by_field.setdefault(slip.field if slip.field in self.slips else "id", []).append(slip)
        for name, found in by_field.items():
            for slip in found[:_SLIPS_SHOWN]:
                self.slips[name].addWidget(label(slip.sentence, "warn" if slip.warning else "bad", selectable=True))
            if len(found) > _SLIPS_SHOWN:
                more = self.tr("… and {n} more.").format(n=len(found) - _SLIPS_SHOWN)
                self.slips[name].addWidget(label(more, "muted"))

    def _changed(self) -> None:
        if self._filling:
            return
        self._checking.start()
        self._keeping.start()
        self.state.hide()
        self._enable()

    def _enable(self) -> None:
        self.keep.setEnabled(self.unsaved)

    # -- building

    def _timer(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(milliseconds)
        made.timeout.connect(call)
        return made

    def _build(self) -> None:
        self.state = label("", "muted", selectable=True)
        self.state.hide()
        self.keep = button(
            self.tr("Save"), hint=self.tr("It is saved by itself a moment after you stop typing"), clicked=self.save
        )
        body = QVBoxLayout()
        body.setSpacing(GAP)
        for title, card in (
            (self.tr("Who it is"), self._who()),
            (self.tr("How it speaks"), self._how()),
            (self.tr("Words of the trade"), self._trade()),
            (self.tr("Own dialogues"), self._own()),
        ):
            body.addWidget(label(title, "heading", wrap=False))
            body.addWidget(card)
            body.addSpacing(GAP // 2)
        body.addStretch(1)
        foot = QFrame()
        foot.setProperty("role", "strip")
        row = QHBoxLayout(foot)
        row.setContentsMargins(GAP * 2, GAP // 2, GAP * 2, GAP // 2)
        row.addWidget(self.state, 1)
        row.addStretch()
        row.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(in_the_middle(body), 1)
        column.addWidget(foot)

    def _card(self) -> tuple[QFrame, QVBoxLayout]:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        column.setSpacing(GAP // 2)
        return card, column

    def _who(self) -> QFrame:
        card, column = self._card()
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, _NAMES)
        grid.setColumnMinimumWidth(1, _TONGUES)
        grid.setColumnStretch(2, 1)
        names = {
            "name": (self.tr("Name"), self.tr("What it is called. One language is enough.")),
            "organisation": (self.tr("Organisation"), self.tr("Whom it works for; may be empty.")),
            "purpose": (
                self.tr("Purpose"),
                self.tr("What it does, beginning with a verb: Help the staff with contracts."),
            ),
            "greeting": (self.tr("Greeting"), self.tr("How it answers a greeting; without figures.")),
        }
        at = 0
        for name, (words, hint) in names.items():
            if at:
                grid.setRowMinimumHeight(at, GAP // 2)
                at += 1
            title = label(words, wrap=False)
            title.setToolTip(hint)
            grid.addWidget(title, at, 0)
            for code, language in _LANGUAGES:
                field = QLineEdit()
                field.setAccessibleName(f"{words}, {language}")
                field.setAccessibleDescription(hint)
                field.setToolTip(hint)
                field.textEdited.connect(lambda _: self._changed())
                self.texts[name, code] = field
                grid.addWidget(label(language, "muted", wrap=False), at, 1)
                grid.addWidget(field, at, 2)
                at += 1
            if name in ("purpose", "greeting"):
                grid.addWidget(label(hint, "muted"), at, 2)
                at += 1
            grid.addLayout(self.slips[name], at, 2)
            at += 1
        column.addLayout(grid)
        column.addLayout(self.slips["id"])
        return card

    def _how(self) -> QFrame:
        card, column = self._card()
        self.voice = Choice(self._desk)
        for one in Voice:
            self.voice.addItem(voice_words(one), one.value)
        self.voice.setAccessibleName(self.tr("Voice"))
        self.voice.currentIndexChanged.connect(lambda _: self._show_voice())
        self.voice.activated.connect(lambda _: self._changed())
        self.voice_hint = label("", "muted")
        self.own_voice = _Lines(self.tr("Own sentences"), self.tr("One sentence a line: how it opens an answer"))
        self.own_voice.textChanged.connect(self._changed)
        self.never_say = _Lines(self.tr("Never say"), self.tr("One phrase a line"))
        self.never_say.textChanged.connect(self._changed)
        self.languages: dict[str, Tick] = {}
        spoken = QHBoxLayout()
        spoken.setSpacing(GAP)
        for code, language in _LANGUAGES:
            tick = Tick(self._desk, language)
            tick.clicked.connect(lambda _: self._changed())
            tick.setAccessibleName(self.tr("Speaks {language}").format(language=language))
            self.languages[code] = tick
            spoken.addWidget(tick)
        spoken.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, _NAMES)
        grid.setColumnMinimumWidth(1, _TONGUES)
        grid.setColumnStretch(2, 1)
        self._own_title = label(self.tr("Own sentences"), wrap=False)
        voice = QHBoxLayout()
        voice.setSpacing(GAP)
        voice.addWidget(self.voice)
        voice.addWidget(self.voice_hint, 1)
        rows: tuple[tuple[QWidget, QWidget | QHBoxLayout, str], ...] = (
            (label(self.tr("Voice"), wrap=False), voice, "voice"),
            (self._own_title, self.own_voice, "own_voice"),
            (label(self.tr("Languages"), wrap=False), spoken, "languages"),
            (label(self.tr("Never say"), wrap=False), self.never_say, "never_say"),
        )
        for at, (title, part, name) in enumerate(rows):
            high = isinstance(part, QPlainTextEdit)
            grid.addWidget(title, 2 * at, 0, 1, 2, Qt.AlignmentFlag.AlignTop if high else Qt.AlignmentFlag.AlignVCenter)
            if isinstance(part, QHBoxLayout):
                grid.addLayout(part, 2 * at, 2)
            else:
                grid.addWidget(part, 2 * at, 2)
            grid.addLayout(self.slips[name], 2 * at + 1, 2)
        column.addLayout(grid)
        self._show_voice()
        return card

    def _show_voice(self) -> None:
        voice = Voice(self.voice.currentData() or Voice.PLAIN.value)
        self.voice_hint.setText(
            {
                Voice.FORMAL: self.tr("Courteous and exact, as in a letter."),
                Voice.PLAIN: self.tr("To the point, without ornament."),
                Voice.FRIENDLY: self.tr("Warm, as among colleagues."),
                Voice.OWN: self.tr("As in the sentences below."),
            }[voice]
        )
        for part in (self._own_title, self.own_voice):
            part.setVisible(voice is Voice.OWN)

    def _trade(self) -> QFrame:
        card, column = self._card()
        several = self.tr("Several are parted by semicolons.")
        self.glossary = EditTable(
            self._desk,
            self.tr("Glossary"),
            (
                self.tr("Term"),
                self.tr("Short"),
                self.tr("Synonyms"),
                self.tr("Definition"),
                self.tr("Confusable"),
            ),
            (
                self.tr("As documents write it"),
                self.tr("Abbreviations. Several are parted by semicolons."),
                several,
                self.tr("What it means, in a few words"),
                self.tr("Not to be confused with: words that look alike and mean something else"),
            ),
            (5, 2, 6, 6, 4),
        )
        self.glossary.edited.connect(self._changed)
        hint = self.tr("Questions are searched with all words of a term. Several in one cell are parted by semicolons.")
        column.addWidget(label(hint, "muted"))
        column.addWidget(self.glossary)
        column.addLayout(self.slips["glossary"])
        return card

    def _own(self) -> QFrame:
        card, column = self._card()
        self.dialogues = EditTable(
            self._desk,
            self.tr("Dialogues"),
            (self.tr("Somebody says"), self.tr("It answers")),
            (self.tr("What a person says to it"), self.tr("How it answers; without figures")),
        )
        self.dialogues.edited.connect(self._changed)
        self.take_file = button(
            self.tr("From a file …"), hint=self.tr("JSON Lines, CSV or text"), clicked=self._ask_file
        )
        self.dialogues.head.insertWidget(3, self.take_file)
        self.pasting = Fold(self._desk, self.tr("Paste dialogues"), self._build_pasting)
        self.remarks = QVBoxLayout()
        self.remarks.setSpacing(2)
        column.addWidget(label(self.tr("How it answers, by example; none are needed."), "muted"))
        column.addWidget(self.dialogues)
        column.addLayout(self.remarks)
        column.addLayout(self.slips["dialogues"])
        column.addWidget(self.pasting)
        return card

    def _build_pasting(self) -> QWidget:
        whole = QWidget()
        self.pasted = QPlainTextEdit()
        self.pasted.setAccessibleName(self.tr("Dialogues to paste"))
        self.pasted.setPlaceholderText(self.tr("Q: Who are you?\nA: I am the assistant of the firm."))
        self.pasted.setTabChangesFocus(True)
        self.pasted.setFixedHeight(6 * self.pasted.fontMetrics().lineSpacing() + 20)
        self.take_pasted = button(self.tr("Add these"), clicked=lambda: self.read(None, self.pasted.toPlainText()))
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pasted)
        column.addWidget(self.take_pasted, 0, Qt.AlignmentFlag.AlignRight)
        return whole

    # -- dialogues from elsewhere

    def _ask_file(self) -> None:
        kinds = self.tr("Dialogues (*.jsonl *.json *.csv *.tsv *.txt)")
        dialog = QFileDialog(self, self.tr("Read dialogues"), "", kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.read(Path(name)))
        dialog.open()

    def read(self, file: Path | None, text: str = "") -> None:
        """Add the dialogues of a file, or of pasted text."""
        if file is None and not text.strip():
            return
        self._desk.jobs.run(
            ReadDialogues(file, text),
            self,
            done=lambda found: self._take(found, pasted=file is None),
            failed=lambda error: self._remark([(self._desk.sentence(error), "bad")]),
        )

    def _take(self, found: DialoguesRead, *, pasted: bool) -> None:
        known = set(self.dialogues.rows)
        rows = [row for d in found.dialogues if (row := (d.asked, d.answered)) not in known]
        self.dialogues.grid.append(rows)
        told = [(remark, "warn") for remark in found.remarks]
        count = self.tr("1 dialogue was added.") if len(rows) == 1 else self.tr("{n} dialogues were added.")
        self._remark([(count.format(n=len(rows)), "good"), *told])
        if pasted:
            self.pasted.clear()
            self.pasting.open(False)

    def _remark(self, remarks: Sequence[tuple[str, str]]) -> None:
        clear(self.remarks)
        for sentence, role in remarks:
            line: QLabel = label(sentence, role, selectable=True)
            self.remarks.addWidget(line)
