"""Both languages are complete: every word of the window is collected, translated, and made into what it loads."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter
from types import ModuleType

import pytest
from PySide6.QtCore import QAbstractListModel, QLibraryInfo, QLocale, QSettings, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.nouns import Bilingual, Change, Dialogue, Term
from core.settings import Settings
from desktop.channel import (
    Ailment,
    CheckHealth,
    DialoguesRead,
    GateTable,
    GetLibrary,
    Guard,
    LibraryState,
    ListConversations,
    ListDocuments,
    ListModels,
    ListPersonas,
    ListRecords,
    OpenRecord,
    ProveOffline,
    ReadDialogues,
    RecordLine,
    State,
    TriedBoth,
    TryPersona,
    WholeRecord,
)
from desktop.window.desk import Desk
from desktop.window.first_start import FirstStart
from desktop.window.main_window import MainWindow
from tests.desktop.window import ledger, workbench
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.workbench import Workshop

ROOT = Path(__file__).parents[3]
WINDOW = ROOT / "desktop" / "window"
# Names and units that are the same in Chinese, and keys as they stand on the keyboard.
NAMES = (
    "Vademecum PDF Word DOCX Markdown HTML GGUF OCR JSON Lines jsonl UTC SHA GB MB Apache English Linux Ctrl Shift "
    "Alt Enter Esc Del Delete Tab Home End Page Up Down Space default vademecum models fetch better "
    "small own other xiaozhi hospital persona JSON CSV jsonl json csv tsv txt gguf Del Q4_K_M Q5_K_M Q6_K"
).split()


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", ROOT / "packaging" / "translate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """packaging/translate.py."""
    return _tool()


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """(file, class, call) of every tr() in the sources."""
    for file in sorted(WINDOW.rglob("*.py")):
        for part in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(part, ast.ClassDef):
                for inner in ast.walk(part):
                    if isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") == "tr":
                        yield str(file.relative_to(ROOT)), part.name, inner


def test_everything_is_translated_and_made(tool: ModuleType) -> None:
    assert tool.faults() == [], "run: python packaging/translate.py"


def test_every_word_in_the_sources_is_a_plain_literal_that_the_file_holds(tool: ModuleType) -> None:
    known = tool.messages(tool.TS)
    wrong = []
    for file, name, call in _calls():
        first = call.args[0] if call.args else None
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            wrong.append(f"{file}:{call.lineno}: only a plain literal can be collected")
        elif (name, first.value) not in known:
            wrong.append(f"{file}:{call.lineno}: {name}: {first.value!r} is not in the .ts")
    assert wrong == []


def test_holes_are_the_same_in_both_languages(tool: ModuleType) -> None:
    def holes(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)

    wrong = [
        f"{english} / {chinese}"
        for (_, english), chinese in tool.messages(tool.TS).items()
        if holes(english) != holes(chinese)
    ]
    assert wrong == []


def test_chinese_is_set_as_chinese(tool: ModuleType) -> None:
    """No space before an ellipsis, no half-width comma or full stop between Chinese characters."""
    bad = re.compile(r" …|[\u4e00-\u9fff][,;:!?](?:$|[\u4e00-\u9fff ])|[\u4e00-\u9fff]\.(?:$|[\u4e00-\u9fff])")
    assert [text for text in tool.messages(tool.TS).values() if bad.search(text)] == []


def test_the_window_loads_every_translation(tool: ModuleType, qapp: QApplication) -> None:
    translator = QTranslator()
    assert translator.load(str(tool.QM))
    for (context, english), chinese in tool.messages(tool.TS).items():
        assert translator.translate(context, english) == chinese, (context, english)


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    """As the program does it for Chinese."""
    made = []
    theirs = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for folder, name in ((theirs, "qtbase_zh_CN"), (str(WINDOW / "translations"), "vademecum_zh_CN")):
        translator = QTranslator()
        assert translator.load(name, folder)
        qapp.installTranslator(translator)
        made.append(translator)
    QLocale.setDefault(QLocale("zh_CN"))
    yield
    QLocale.setDefault(QLocale("en_GB"))
    for translator in made:
        qapp.removeTranslator(translator)


def _texts(top: QWidget) -> Iterator[str]:
    """Everything that a person reads in a widget, or hears of it."""
    for one in (top, *top.findChildren(QWidget)):
        yield from (one.toolTip(), one.accessibleName(), one.accessibleDescription(), one.windowTitle())
        match one:
            case QLabel() | QAbstractButton():
                yield one.text()
            case QComboBox():
                yield from (one.itemText(i) for i in range(one.count()))
            case QLineEdit():
                yield from (one.placeholderText(), one.text())
            case QTextBrowser():
                yield one.toPlainText()
            case QPlainTextEdit() | QTextEdit():
                yield one.placeholderText()
            case QTabBar():
                yield from (text for i in range(one.count()) for text in (one.tabText(i), one.tabToolTip(i)))
            case QAbstractItemView():
                yield from _cells(one)
    for action in top.findChildren(QAction):
        yield from (action.text().replace("&", ""), action.toolTip().replace("&", ""))


def _cells(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    if model is None:
        return
    top = view.rootIndex()
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(top)
    for column in range(columns):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(model.rowCount(top)):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                yield str(model.data(model.index(row, column, top), role) or "")


def _english(texts: Iterator[str]) -> list[str]:
    """What holds an English word that is no name."""
    left = []
    for text in texts:
        plain = re.sub(r"<[^>]*>|/\S*|[0-9a-f]{32,}", " ", text)
        if [word for word in re.findall(r"[A-Za-z]{2,}", plain) if word not in NAMES]:
            left.append(text)
    return sorted(set(left))


def _speak_chinese(jobs: FakeJobs) -> None:
    """An engine all of whose documents, people, personas and questions are Chinese."""
    ledger.fill(jobs)
    _speak_chinese_of_personas(jobs)
    body = ledger.BODY | {"user": "陈", "question": "通知期多久？", "draft": "三十天。"}
    body |= {"scope": {"collections": ["合同"], "documents": []}, "utc": "2026-11-20T09:00:00+00:00"}
    body |= {"model": {"name": "default", "sha256": "a" * 64, "device": "cpu", "adapter": "小智"}}
    body |= {"coverage": {"documents": 1, "pages": 2, "unreadable": [["扫描件", [2]]]}}
    body["sentences"] = [
        s
        | {
            "text": "三十天。",
            "citations": [ledger.CITED | {"document": "合同", "quote": "三十天", "page_label": "12"}],
        }
        for s in ledger.BODY["sentences"]
    ]
    body["removed"] = [s | {"text": "六十天。"} for s in ledger.BODY["removed"]]
    body["candidates"] = [c | {"document": "合同"} for c in ledger.BODY["candidates"]]
    line = RecordLine(1, "2026-11-20", "陈", "通知期多久？", "answered", (), "default", True)
    lines = tuple(replace(line, kind=kind) for kind in ("answered", "not_found", "conversation", "stopped"))
    jobs.answers |= {
        GetLibrary: LibraryState(Path("/数据"), 7, 0, (("合同", 0),), 0, 1),
        ListRecords: lines,
        OpenRecord: lambda request: WholeRecord(request.sequence, "1" * 64, "2" * 64, False, body),
        ListModels: tuple(replace(row, title=row.name, words="模型", licence="") for row in ledger.MODELS),
        ListDocuments: (),
        ListConversations: (),
        CheckHealth: (Ailment("doctor_orphans", "有多余的文件", False),),
        ProveOffline: (Guard("已拦截", True),),
    }


@pytest.fixture
def chinese_desk(qapp: QApplication, chinese: None, jobs: FakeJobs) -> Desk:
    """The desk of a window in Chinese."""
    _speak_chinese(jobs)
    return Desk(jobs, Settings(theme="light", language="zh", welcomed=True), "zh")


def _texts_of_personas(window: MainWindow, qtbot: QtBot) -> Iterator[str]:
    """Every step of a persona, its menus and what is asked before something is deleted."""
    page = window.personas
    window.show_page("personas")
    qtbot.waitUntil(lambda: len(page.list.rows) == 4)
    for id in ("xiaozhi", "other", "own", "hospital"):
        page.list.choose(id)
        qtbot.waitUntil(lambda id=id: page.pane is not None and page.pane.id == id)  # type: ignore[misc]
        pane = page.pane
        assert pane is not None
        for step in pane.steps:
            pane.show_step(step)
            qtbot.wait(40)
            yield from _texts(pane)
        pane.open_menu()
        yield from _texts(pane)
    page.list.choose("own")
    pane = page.pane
    assert pane is not None and pane.form is not None and pane.trial is not None
    pane.form.pasting.open()
    pane.form.read(Path("/对话.csv"))
    pane.trial.say("你是谁？")
    pane.merging.begin()
    pane.merging.start(Path("/模型.gguf"))
    page.ask_new()
    page._ask_removal("xiaozhi")
    page._ask_discard("own")
    window._persona.open_menu()
    qtbot.wait(60)
    yield from _texts(window)
    for box in page.findChildren(QDialog):
        box.reject()


def _speak_chinese_of_personas(jobs: FakeJobs) -> None:
    """Personas all of whose words are Chinese."""
    shop = Workshop(jobs)
    words = replace(
        workbench.OWN,
        **{
            name: Bilingual(zh=getattr(workbench.OWN, name).zh)
            for name in ("name", "organisation", "purpose", "greeting")
        },
        languages=("zh",),
        never_say=("保证收益",),
        glossary=(Term("保密义务", ("密",), ("保密协议",), "不得透露秘密", ("竞业限制",)),),
        dialogues=(Dialogue("你是谁？", "我是小账。"),),
    )
    lessons = tuple(lesson for lesson in workbench.LESSONS if lesson.turns[0].content == "你是谁？")
    lines = tuple(replace(line, words="指标") for line in workbench.LINES)
    gate = GateTable(True, lines, ("原因",), (("你是谁？", "我是助手。", "没有说出名字。"),))
    shop.benches["own"] = replace(
        shop.benches["own"], persona=words, gate=gate, stale=("examples", "adapter", "gate"), lessons=(("identity", 1),)
    )
    shop.lessons["own"] = lessons
    shop.shelf = {"xiaozhi": replace(words, id="xiaozhi"), "other": replace(words, id="other")}
    rows = tuple(replace(row, persona=replace(words, id=row.persona.id), base="默认") for row in shop.rows)
    jobs.answers |= {
        ListPersonas: rows,
        ReadDialogues: DialoguesRead((Dialogue("你好", "您好。"),), ("太少。",)),
        TryPersona: TriedBoth("我是助手。", "我是小账。"),
    }


def test_no_english_is_left_in_the_window(qtbot: QtBot, chinese_desk: Desk, jobs: FakeJobs, tmp_path: Path) -> None:
    window = MainWindow(chinese_desk, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.show()
    left: list[str] = []
    for stage in ("starting", "loading", "no_model", "ready", "stopped"):
        jobs.say_state(State(stage))
        left += _english(_texts(window))
    for name in ("ask", "library", "audit", "models", "personas", "settings"):
        window.show_page(name)
        qtbot.wait(30)
        left += _english(_texts(window))
    left += _english(_texts_of_personas(window, qtbot))
    window.audit.table.selectRow(0)
    window.audit.run_verify()
    window.settings.reading.fold.open()
    window.settings.offline.run_prove()
    jobs.died.emit(False)
    jobs.changed.emit(Change(8))
    qtbot.waitUntil(lambda: window.audit.view.record is not None)
    left += _english(_texts(window))
    left += _english(words for _, words in window.shortcuts())
    assert not left, "\n".join(sorted(set(left)))


def test_no_english_is_left_in_the_first_steps(qtbot: QtBot, chinese_desk: Desk, jobs: FakeJobs) -> None:
    first = FirstStart(chinese_desk)
    first.show()
    left: list[str] = []
    for rows in (jobs.answers[ListModels], ()):
        jobs.answers[ListModels] = rows
        for step in range(3):
            first.go(step)
            qtbot.wait(30)
            left += _english(_texts(first))
    first.trial.add_samples()
    qtbot.waitUntil(lambda: first.trial.filled)
    left += _english(_texts(first))
    first.deleteLater()
    questions = {chinese_desk.say(key) for key in ("hint_notice", "hint_dose", "hint_third")}
    assert sorted(set(left) - questions) == []  # they may hold a unit
