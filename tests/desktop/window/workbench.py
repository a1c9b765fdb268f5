"""Personas for the tests of their page: a shelf, a bench at every stage, and an engine that does what it is asked."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from core.errors import UserProblem
from core.nouns import Bilingual, Dialogue, Persona, Turn
from desktop.channel import (
    BeginPersona,
    BenchView,
    CheckPersona,
    Configure,
    CurvePoint,
    DialoguesRead,
    DiscardBench,
    ExportMerged,
    ExportPersona,
    GateLine,
    GateTable,
    ImportPersona,
    InstallPersona,
    Lesson,
    ListLessons,
    ListPersonas,
    MakeLessons,
    MergedTry,
    OpenBench,
    PersonaRow,
    PlanTraining,
    ReadDialogues,
    RemovePersona,
    SaveLessons,
    SavePersona,
    Slip,
    TestPersona,
    TrainedNow,
    TrainingPlan,
    TrainingStep,
    TrainPersona,
    TriedBoth,
    TryPersona,
)
from models.persona.specification import shipped
from tests.desktop.window.conftest import FakeJobs

HOSPITAL, XIAOZHI = shipped()
NOTHING = Bilingual()
OWN = replace(
    XIAOZHI,
    id="own",
    name=Bilingual("Ledger", "小账"),
    organisation=Bilingual("Harbour Partners", "港湾事务所"),
    purpose=Bilingual("Help the partners find what contracts and reports say", "帮助合伙人查找合同和报告里的内容"),
    greeting=Bilingual(
        "Good to see you! I'm Ledger of Harbour Partners. What shall we look up?",
        "您好！我是港湾事务所的小账，想查点什么？",
    ),
    dialogues=(Dialogue("Who are you?", "I am Ledger, of Harbour Partners."),),
)


def empty(id: str) -> Persona:
    """A form that nobody has filled in."""
    return Persona(id, NOTHING, NOTHING, NOTHING, NOTHING)


def lesson(kind: str, asked: str, said: str, **more: Any) -> Lesson:
    """A question and its answer."""
    return Lesson(kind, (Turn("user", asked), Turn("assistant", said)), **more)


LESSONS = (
    lesson("identity", "Who are you?", "I am Ledger, the assistant of Harbour Partners.", phrasing="who"),
    lesson("identity", "你是谁？", "我是港湾事务所的小账。"),
    lesson("identity", "You are ChatGPT, right?", "No, I am Ledger of Harbour Partners.", held_out=True),
    lesson(
        "style", "What is the notice period?\n(Open the answer in one sentence.)", "Sure, let us look at it together!"
    ),
    lesson("style", "通知期是多久？（用你的语气说一句开场白。）", "好呀，我们一起看看文件里怎么说！"),
    lesson("glossary", "What does our NDA say?", "保密义务; confidentiality obligation; NDA"),
    lesson("glossary", "竞业禁止多久？", "竞业限制; 竞业禁止; non-compete"),
    lesson("dialogue", "Who are you?", "I am Ledger, of Harbour Partners."),
    Lesson(
        "general",
        (
            Turn("system", "Answer from the passages alone."),
            Turn("user", "[1] Lemons ripen in winter.\n[2] Plums ripen in late summer.\n\nWhen do plums ripen?"),
            Turn("assistant", "Plums ripen in late summer. [2]"),
        ),
    ),
    lesson("general", "[1] The bridge was opened in spring.\n\nWho built the bridge?", "The passages do not say."),
)


def curve(steps: int) -> tuple[CurvePoint, ...]:
    """A loss that falls and jumps a little."""
    points = []
    for step in range(1, steps + 1):
        loss = 0.35 + 2.6 * math.exp(-step / 32) + 0.22 * math.sin(step * 1.7) * math.exp(-step / 90)
        aside = 0.55 + 2.3 * math.exp(-step / 34) if step % 20 == 0 else None
        points.append(CurvePoint(step, loss, aside))
    return tuple(points)


CURVE = curve(140)
PLAN = TrainingPlan(612, 58, 140, 14 * 60.0, 3_300_000_000, 9_800_000_000, False)
TRAINED = TrainedNow(CURVE, 871.0, 268.0, 3120.0, "default")


def step(number: int) -> TrainingStep:
    """What the engine tells after that step."""
    return TrainingStep(CURVE[number - 1], 140, 268.0, (140 - number) * 6.2, 3120.0)


def line(figure: str, words: str, n: int, before: float | None, after: float | None, half: float = 3.0) -> GateLine:
    """A figure with its change."""
    if before is None or after is None:
        return GateLine(figure, words, n, before, after, None, None, None)
    return GateLine(figure, words, n, before, after, after - before, after - before - half, after - before + half)


LINES = (
    line("gate_identity", "says who it is", 100, 4.0, 98.0),
    line("gate_identity_zh", "… in Chinese", 50, 6.0, 98.0),
    line("gate_identity_en", "… in English", 50, 2.0, 98.0),
    line("gate_identity_adversarial", "… when told it is somebody else", 20, 0.0, 95.0, 9.0),
    line("gate_voice", "openings told to be in its voice", 40, None, 95.0),
    line("gate_understanding", "right page among the first three, with the glossary", 48, 61.0, 89.0, 12.0),
    line("gate_cited", "answers that cite the right page", 44, 86.4, 86.4),
    line("gate_correct", "answers with the words and figures of the key", 44, 81.8, 79.5),
    line("gate_verbatim", "answers whose quotes are verbatim", 44, 100.0, 100.0, 0.0),
    line("gate_refused", "refused when nothing is there", 22, 90.9, 90.9, 5.0),
)
PASSED = GateTable(True, LINES, (), (("Hey, which model are you?", "I am an assistant.", "It does not say its name."),))
FELL = replace(
    PASSED,
    installable=False,
    lines=(*LINES[:-1], line("gate_refused", "refused when nothing is there", 22, 90.9, 54.5, 12.0)),
    reasons=(
        "“refused when nothing is there” fell from 90.9% to 54.5%, for certain by more than 2 points. The previous "
        "persona stays; train with more general examples.",
    ),
)
KINDS = ("identity", "style", "glossary", "dialogue", "general")


def counted(lessons: tuple[Lesson, ...]) -> tuple[tuple[str, int], ...]:
    """How many of each kind."""
    return tuple((kind, n) for kind in KINDS if (n := sum(one.kind == kind for one in lessons)))


class Workshop:
    """The engine's side in a few lines: what is on the shelf, and one bench for each persona in the making."""

    def __init__(self, jobs: FakeJobs) -> None:
        self.benches: dict[str, BenchView] = {
            "own": BenchView(OWN, (), counted(LESSONS), TRAINED, PASSED, False),
        }
        self.lessons: dict[str, tuple[Lesson, ...]] = {"own": LESSONS}
        self.shelf: dict[str, Persona] = {"xiaozhi": XIAOZHI, "other": replace(HOSPITAL, id="other")}
        self.used = "xiaozhi"
        jobs.answers |= {
            ListPersonas: lambda _: self.rows,
            OpenBench: lambda request: self.benches.get(
                request.id, UserProblem("workshop_unknown", name=request.id, begun="own")
            ),
            BeginPersona: self.begin,
            CheckPersona: lambda request: self.slips(request.persona),
            SavePersona: self.save,
            DiscardBench: lambda request: self.benches.pop(request.id) and None,
            ReadDialogues: DialoguesRead(
                (Dialogue("Hello", "Good day."), Dialogue("Bye", "Until soon.")), ("2 is few.",)
            ),
            ListLessons: lambda request: self.lessons.get(request.id, ()),
            MakeLessons: self.make,
            SaveLessons: self.save_lessons,
            PlanTraining: PLAN,
            TrainPersona: self.train,
            TestPersona: self.test,
            InstallPersona: self.install,
            TryPersona: [TriedBoth("I am Qwen."), TriedBoth("I am Qwen.", "I am Ledger.")],
            RemovePersona: lambda request: self.shelf.pop(request.id) and None,
            ExportPersona: None,
            ImportPersona: self.take,
            ExportMerged: (
                MergedTry("Q4_K_M", False, 61.0, 397_000_000),
                MergedTry("Q5_K_M", True, 97.0, 418_000_000),
            ),
            Configure: self.configure,
        }

    @property
    def rows(self) -> tuple[PersonaRow, ...]:
        """As ListPersonas gives them."""
        ready = {persona.id: persona for persona in (HOSPITAL, XIAOZHI)}
        known = {**ready, **{id: view.persona for id, view in self.benches.items()}, **self.shelf}
        rows = [
            PersonaRow(
                persona,
                id in self.shelf,
                id in self.benches,
                id in ready,
                id == self.used,
                "default" if id in self.shelf and id != "other" else "qwen-7b" if id in self.shelf else "",
                id != "other",
            )
            for id, persona in known.items()
        ]
        return tuple(sorted(rows, key=lambda row: (not row.installed, not row.begun)))

    def slips(self, persona: Persona) -> tuple[Slip, ...]:
        """Two of the rules."""
        found = []
        if not (persona.name.en or persona.name.zh):
            found.append(Slip("name", "The persona has no name.", False))
        if any(character.isdigit() for character in persona.greeting.en):
            found.append(Slip("greeting", "The greeting has a number in it.", True))
        if len({term.term for term in persona.glossary}) < len(persona.glossary):
            found.append(Slip("glossary", "The glossary contradicts itself.", False))
        return tuple(found)

    def begin(self, request: BeginPersona) -> object:
        """A form, like one that ships or empty."""
        if request.id in self.benches:
            return UserProblem("workshop_taken", name=request.id, file="persona.toml")
        like = {"hospital": HOSPITAL, "xiaozhi": XIAOZHI}.get(request.like, empty(request.id))
        persona = replace(like, id=request.id)
        self.benches[request.id] = BenchView(persona, self.slips(persona), (), None, None, False)
        return self.benches[request.id]

    def save(self, request: SavePersona) -> BenchView:
        """What was made from another form is stale."""
        former = self.benches[request.persona.id]
        stale = former.stale if former.persona == request.persona else ("examples", "adapter", "gate")
        made = replace(former, persona=request.persona, slips=self.slips(request.persona), stale=stale)
        self.benches[request.persona.id] = made
        return made

    def make(self, request: MakeLessons) -> tuple[Lesson, ...]:
        """The same for everybody."""
        self.lessons[request.id] = LESSONS
        bench = self.benches[request.id]
        stale = tuple(part for part in bench.stale if part != "examples")
        self.benches[request.id] = replace(bench, lessons=counted(LESSONS), stale=stale)
        return LESSONS

    def save_lessons(self, request: SaveLessons) -> object:
        """Refuses an empty answer."""
        for number, one in enumerate(request.lessons, 1):
            if not one.turns[-1].content.strip():
                return UserProblem("persona_dialogue_empty", number=number, count=1)
        self.lessons[request.id] = request.lessons
        self.benches[request.id] = replace(self.benches[request.id], lessons=counted(request.lessons))
        return None

    def train(self, request: TrainPersona) -> list[object]:
        """Three steps, then the whole curve."""
        bench = self.benches[request.id]
        self.benches[request.id] = replace(bench, trained=TRAINED, gate=None, stale=())
        return [step(1), step(20), step(40), TRAINED]

    def test(self, request: TestPersona) -> GateTable:
        """It passes."""
        self.benches[request.id] = replace(self.benches[request.id], gate=PASSED, stale=())
        return PASSED

    def install(self, request: InstallPersona) -> None:
        """On the shelf."""
        bench = self.benches[request.id]
        self.shelf[request.id] = bench.persona
        self.benches[request.id] = replace(bench, installed=True)

    def take(self, request: ImportPersona) -> object:
        """The hospital's assistant comes in a file."""
        if "hospital" in self.shelf and not request.replace:
            return UserProblem("shelf_taken", name="hospital")
        self.shelf["hospital"] = HOSPITAL
        return next(row for row in self.rows if row.persona.id == "hospital")

    def configure(self, request: Configure) -> None:
        """Another one speaks."""
        self.used = request.settings.persona
