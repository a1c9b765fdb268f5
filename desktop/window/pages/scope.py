"""Where a question looks: collections and their documents, to be ticked; nothing ticked means everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QTreeView, QVBoxLayout, QWidget

from core.nouns import Document, Outcome, Scope
from desktop.channel import ListDocuments
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.pages.ticks import Ticks
from desktop.window.prose import tip
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, label

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_OPENED_UP_TO = 30  # documents that are shown without a click
_FOUND_OPENED_UP_TO = 400
_WAIT = 120  # milliseconds after the last letter of the filter


_Key = tuple[str, str]  # collection and name


def _key(document: Document) -> _Key:
    return document.collection, document.name


class ScopeModel(QAbstractItemModel):
    """Two levels: collections, and the documents in them that the filter leaves.

    Ticks are of names, so that a new version of a document keeps its own.  A scope names documents by file name
    within collections, so two of the same name in two collections that are only partly ticked can only be meant
    together: ticking or clearing one does the same to the other, and the tree shows it.
    """

    def __init__(self, desk: Desk, changed: Callable[[Scope], None]) -> None:
        super().__init__()
        self._desk = desk
        self._told = changed
        self._words: tuple[str, ...] = ()
        self._all: dict[str, list[Document]] = {}
        self._collections: list[str] = []
        self._shown: list[list[Document]] = []
        self._ticked: set[_Key] = set()

    # -- what is in it

    def set_documents(self, documents: Iterable[Document]) -> None:
        """Show these; ticks of documents that are gone go with them, those that were moved take theirs along."""
        before = self.scope()
        ticked = {d.id for group in self._all.values() for d in group if _key(d) in self._ticked}
        self._all = {}
        for document in documents:
            if document.outcome is not Outcome.REJECTED:
                self._all.setdefault(document.collection, []).append(document)
        self._ticked = {
            _key(d) for group in self._all.values() for d in group if _key(d) in self._ticked or d.id in ticked
        }
        self._refilter()
        now = self.scope()
        if now != before:
            self._told(now)
        if now == Scope() and before != Scope():
            self._desk.notice(
                self.tr("What you had chosen to look in is gone: questions look in everything now."), "warn"
            )

    def set_filter(self, words: str) -> None:
        """Show only what has all of these words in its name or its collection's."""
        self._words = tuple(words.casefold().split())
        self._refilter()

    @property
    def visible(self) -> int:
        """How many documents are shown."""
        return sum(map(len, self._shown))

    # -- ticks

    def scope(self) -> Scope:
        """What the ticks mean."""
        if not self._ticked:
            return Scope()
        whole: list[str] = []
        some: list[str] = []
        for collection, group in self._all.items():
            ticked = sum(_key(document) in self._ticked for document in group)
            if ticked == len(group):
                whole.append(collection)
            elif ticked:
                some.append(collection)
        if not some:
            return Scope(tuple(whole))
        names = {document.name for group in self._all.values() for document in group if _key(document) in self._ticked}
        return Scope(tuple((*whole, *some)), tuple(sorted(names)))

    def set_scope(self, scope: Scope) -> bool:
        """Tick what a scope means; False, and nothing is changed, when it names what is not here."""
        if scope == Scope():
            self._tick(set())
            return True
        here = {d.name for group in self._all.values() for d in group}
        if not set(scope.collections) <= self._all.keys() or not set(scope.documents) <= here:
            return False
        self._tick(set(self._covered(scope)))
        return True

    def clear(self) -> None:
        """Everything again."""
        self._tick(set())

    def _covered(self, scope: Scope) -> Iterable[_Key]:
        for collection, group in self._all.items():
            if not scope.collections or collection in scope.collections:
                yield from (_key(d) for d in group if not scope.documents or d.name in scope.documents)

    def _tick(self, ticked: set[_Key]) -> None:
        before = self._ticked
        self._ticked = ticked
        if ticked:
            self._ticked = set(self._covered(self.scope()))
            if (again := self._ticked - ticked) and ticked < before:
                # A namesake brought back what was just cleared: both are cleared.
                names = {name for _, name in again}
                self._ticked = {key for key in self._ticked if key[1] not in names}
        if self._ticked == before:
            return
        for row in range(len(self._collections)):
            head = self.index(row, 0)
            self.dataChanged.emit(head, head, [Qt.ItemDataRole.CheckStateRole])
            if self._shown[row]:
                first, last = self.index(0, 0, head), self.index(len(self._shown[row]) - 1, 0, head)
                self.dataChanged.emit(first, last, [Qt.ItemDataRole.CheckStateRole])
        self._told(self.scope())

    def _refilter(self) -> None:
        self.beginResetModel()
        self._collections, self._shown = [], []
        for collection in sorted(self._all, key=str.casefold):
            group = self._all[collection]
            named = collection.casefold()
            rest = [word for word in self._words if word not in named]
            kept = [d for d in group if all(word in d.name.casefold() for word in rest)] if rest else list(group)
            if kept:
                self._collections.append(collection)
                self._shown.append(kept)
        self.endResetModel()

    # -- as a model

    def index(self, row: int, column: int, parent: _Index = _NOWHERE) -> QModelIndex:
        if column or row < 0:
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, 0, 0) if row < len(self._collections) else QModelIndex()
        inside = parent.internalId() == 0 and row < len(self._shown[parent.row()])
        return self.createIndex(row, 0, parent.row() + 1) if inside else QModelIndex()

    def parent(self, index: _Index = _NOWHERE) -> QModelIndex:  # type: ignore[override]
        if not index.isValid() or index.internalId() == 0:
            return QModelIndex()
        return self.createIndex(int(index.internalId()) - 1, 0, 0)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        if not parent.isValid():
            return len(self._collections)
        return len(self._shown[parent.row()]) if parent.internalId() == 0 else 0

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 1

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable

    def _documents(self, index: _Index) -> list[Document]:
        if index.internalId() == 0:
            return self._shown[index.row()]
        return [self._shown[int(index.internalId()) - 1][index.row()]]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        below = self._documents(index)
        heading = index.internalId() == 0
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                if heading:
                    return f"{citing.one_line(below[0].collection)}  ({len(below)})"
                return citing.one_line(below[0].name)
            case Qt.ItemDataRole.CheckStateRole:
                ticked = sum(_key(document) in self._ticked for document in below)
                whole = ticked == len(below)
                state = Qt.CheckState
                return state.Checked if whole else state.PartiallyChecked if ticked else state.Unchecked
            case Qt.ItemDataRole.ToolTipRole:
                if heading:
                    return tip(citing.one_line(below[0].collection))
                title = citing.one_line(below[0].title)
                count = below[0].pages
                pages = self.tr("1 page") if count == 1 else self.tr("{n} pages").format(n=count)
                return tip(citing.one_line(below[0].name), title, pages)
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        keys = {_key(document) for document in self._documents(index)}
        wanted = Qt.CheckState(value) is not Qt.CheckState.Unchecked
        self._tick(self._ticked | keys if wanted else self._ticked - keys)
        return True


class ScopePanel(QWidget):
    """The tree with its filter.  ``changed`` gets every new scope, ``listed`` the documents that can be asked."""

    def __init__(
        self, desk: Desk, *, changed: Callable[[Scope], None], listed: Callable[[Sequence[Document]], None]
    ) -> None:
        super().__init__()
        self._desk = desk
        self._listed = listed
        self._asking = False
        self._again = False
        self.model = ScopeModel(desk, lambda scope: self._ticked(scope, changed))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter documents"))
        self.filter.setAccessibleName(self.tr("Filter documents"))
        self.filter.setClearButtonEnabled(True)
        self.tree = QTreeView()
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setFrameShape(QTreeView.Shape.NoFrame)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.tree.setIndentation(16)
        self.tree.setStyleSheet("QTreeView { border: none; }")
        self.tree.setAccessibleName(self.tr("Collections and documents to look in"))
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(Ticks(desk, self.tree))
        desk.restyled.connect(self.tree.viewport().update)
        self.nothing = label("", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_WAIT)
        self._typing.timeout.connect(self._filter)
        self.filter.textChanged.connect(lambda _: self._typing.start())
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(label(self.tr("Look in"), "heading", wrap=False), 1)
        self.everything = IconButton(desk, "again", self.tr("Look in everything"), self.model.clear)
        self.everything.setEnabled(False)
        head.addWidget(self.everything)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP // 2, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addWidget(self.filter)
        column.addWidget(self.nothing)
        column.addWidget(self.tree, 1)
        self._open_up()

    def _ticked(self, scope: Scope, told: Callable[[Scope], None]) -> None:
        self.everything.setEnabled(scope != Scope())
        told(scope)

    def refresh(self) -> None:
        """Ask for the documents anew; asked again when it changes while the answer is on its way."""
        if self._asking:
            self._again = True
            return
        self._asking, self._again = True, False
        self._desk.jobs.run(ListDocuments(), self, done=self._show, failed=self._failed)

    def _show(self, documents: tuple[Document, ...]) -> None:
        self._asking = False
        opened = {i.data() for i in self._heads() if self.tree.isExpanded(i)}
        self.model.set_documents(documents)
        self._open_up(opened)
        self._listed([document for document in documents if document.outcome is not Outcome.REJECTED])
        if self._again:
            self.refresh()

    def _failed(self, error: object) -> None:
        self._asking = False
        self._desk.complain(error)  # type: ignore[arg-type]

    def _filter(self) -> None:
        self.model.set_filter(self.filter.text())
        self._open_up()

    def _heads(self) -> list[QModelIndex]:
        return [self.model.index(row, 0) for row in range(self.model.rowCount())]

    def _open_up(self, opened: Iterable[object] = ()) -> None:
        filtered = bool(self.filter.text().strip())
        few = self.model.visible <= (_FOUND_OPENED_UP_TO if filtered else _OPENED_UP_TO)
        again = set(opened)
        for head in self._heads():
            if few or head.data() in again:
                self.tree.expand(head)
        empty = not self.model.visible
        self.nothing.setVisible(empty)
        self.tree.setVisible(not empty)
        self.nothing.setText(self.tr("No document has these words.") if filtered else self.tr("No documents yet."))
