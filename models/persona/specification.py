"""What a persona is, as a readable TOML file, and every rule that it has to keep.

A file may be read half-finished, so that a form can show what is wrong with it; nothing is trained before
:func:`require` has passed it.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import core.speech as speech
from core.errors import UserProblem
from core.nouns import Bilingual, Dialogue, Persona, Term, Voice
from models.persona import bank

LANGUAGES = ("en", "zh")
MAX_BYTES = 8_000_000
MAX_TERMS = 500
MAX_DIALOGUES = 2_000
MAX_SENTENCES = 100
# Characters; a persona's own words stand in every prompt, and the small models read some 2,000 in all.
LONGEST = {
    "name": 40,
    "organisation": 80,
    "purpose": 200,
    "greeting": 160,
    "own_voice": 120,
    "never_say": 100,
    "glossary": 80,
    "definition": 300,
    "dialogues": 2_000,
}

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
NOBODY = "none"  # said where nobody in particular shall speak
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # no folder may be called so on Windows
_MARKS = re.compile(
    r"<\|[^\n]{0,40}?\|?>|\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|</?think>"
    r"|</?tool_call>|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|SYSTEM_PROMPT)\]|<｜[^\n]{0,40}?｜>",
    re.IGNORECASE,
)
_BRACES = re.compile(r"[{}]")
_HOLES = re.compile(r"\{\{|\}\}")  # braces of a dialogue may be meant; two of them are a template
# What stands alone in brackets, of whichever width; the text of a link is no hole.
_BRACKETED = re.compile(
    r"[{｛]([^\n{}｛｝]{1,40})[}｝]|[\[［]([^\n\[\]［］]{1,40})[\]］](?!\()"
    r"|[<＜]([^\n<>＜＞]{1,40})[>＞]|【([^\n【】]{1,40})】"
)
# Words that are said of whoever fills in a template: a name or a body, and what else is commonly left open.
_NAMING = frozenset(
    (
        "name names firstname lastname surname fullname nickname username user client customer company organisation "
        "organization org employer placeholder"
    ).split()
)
_OPEN = _NAMING | frozenset(
    (
        "firm assistant bot chatbot persona hospital institution department dept team business brand product model "
        "date today city country address email phone telephone number title position role job signature topic"
    ).split()
)
_FILLING = frozenset(("your", "my", "insert"))
_BESIDE = _FILLING | frozenset(
    "our their his her the of a an s here in with and or full first last current person to enter fill".split()
)
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:[ _-][A-Z0-9]+)*")
_WHOSE = (
    r"(?:请?(?:填写|填入|插入|输入))?(?:您|你|我|贵)?(?:们)?的?(?:用户|客户|顾客|公司|企业|单位|机构|组织|团体|助手|助理|机器人|模型"
    r"|角色|医院|银行|律所|事务所|学校|部门|员工|患者|医生|律师|本人)?的?"
)
_OPEN_ZH = re.compile(
    rf"{_WHOSE}(?:姓名|名字|名称|全名|全称|昵称|称呼)|(?:公司|企业|单位|机构|组织|用户|助手|医院|银行)名"
    r"|(?:请)?(?:在此|在这里|此处|这里).{0,6}(?:填|写|插入|输入).{0,10}|[xX×✕]{2,}.{0,6}|某某.{0,6}"
)
# In 【】 these are as often a heading, or a field to be typed into.
_HEADED_ZH = re.compile(
    r"(?:您的|你的|贵)?(?:用户|用户名|客户|顾客|公司|企业|单位|机构|组织|日期|地址|电话|电话号码|手机号|邮箱"
    r"|部门|职位|职务)"
)
_UNSEEN = frozenset("\u200b\u200e\u200f\u2028\u2029\ufeff") | {
    chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_PERSON = re.compile(r"(?:i|i'm|i’m|we|you|he|she|it|to|my|our|your|the|a|an)\b", re.IGNORECASE)
_PERSON_ZH = re.compile(r"[我你您他她它本]")
_NOT_SEARCHED = re.compile(r"[\[\]<>;；\"]")
_NOT_OPENING = re.compile(r"[\[\]<>\"]")


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a persona does not keep.  ``field`` is where; a ``warning`` hinders nothing."""

    field: str
    key: str
    details: Mapping[str, object] = dataclasses.field(default_factory=dict)
    warning: bool = False

    def sentence(self, language: str = "en") -> str:
        """What is wrong and what to do, in ``language``."""
        return self.problem().sentence(language)

    def problem(self) -> UserProblem:
        """The same, to be raised."""
        return UserProblem(self.key, **self.details)


# -- files


def new(id: str) -> Persona:
    """An empty persona, to be filled in; ``dump`` of it is the template."""
    nothing = Bilingual()
    return Persona(id, nothing, nothing, nothing, nothing)


def shipped() -> tuple[Persona, ...]:
    """The personas that come with the program, in the order of their ids."""
    folder = resources.files("models.persona").joinpath("shipped")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(load(file) for file in files)


def load(path: Path | Traversable) -> Persona:
    """The persona of a TOML file, its rules not checked yet.  UserProblem for a file that is no persona."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise UserProblem("persona_unreadable", file=path.name, fault=fault.strerror or fault) from fault
    if len(raw) > MAX_BYTES:
        raise UserProblem("persona_file_too_large", file=path.name, megabytes=MAX_BYTES // 1_000_000)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UserProblem("persona_not_utf8", file=path.name) from fault
    return loads(text, path.name)


def loads(text: str, source: str) -> Persona:
    """The persona that ``text`` describes; ``source`` names it in problems.  UserProblem for what is no persona."""
    try:
        # Line ends of Windows are line ends in the truth, too, and a TOML reader keeps them in long strings.
        values = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise UserProblem("persona_no_toml", file=source, fault=fault) from fault
    table = _Table(values, source, "")
    table.only(
        "id", "voice", "languages", "own_voice", "never_say", "name", "organisation", "purpose", "greeting",
        "glossary", "dialogues",
    )  # fmt: skip
    voice = table.text("voice") or Voice.PLAIN.value
    if voice not in {v.value for v in Voice}:
        raise UserProblem("persona_voice_unknown", file=source, voice=voice)
    return Persona(
        table.text("id"),
        table.bilingual("name"),
        table.bilingual("organisation"),
        table.bilingual("purpose"),
        table.bilingual("greeting"),
        Voice(voice),
        table.texts("own_voice"),
        table.texts("languages") if "languages" in values else LANGUAGES,
        table.texts("never_say"),
        tuple(_term(t) for t in table.tables("glossary")),
        tuple(_dialogue(t) for t in table.tables("dialogues")),
    )


def _term(table: _Table) -> Term:
    table.only("term", "abbreviations", "synonyms", "definition", "confusable")
    return Term(
        table.text("term"),
        table.texts("abbreviations"),
        table.texts("synonyms"),
        table.text("definition"),
        table.texts("confusable"),
    )


def _dialogue(table: _Table) -> Dialogue:
    table.only("asked", "answered")
    return Dialogue(table.text("asked"), table.text("answered"))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the file; what it is asked for is of the right type, or a UserProblem says where it is not."""

    values: Mapping[str, object]
    source: str
    where: str

    def only(self, *known: str) -> None:
        for key in self.values:
            if key not in known:
                raise UserProblem("persona_field_unknown", file=self.source, field=self.where + key)

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key)
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise self._wrong(key)
        return tuple(v.strip() for v in values)

    def bilingual(self, key: str) -> Bilingual:
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            raise self._wrong(key)
        table = _Table(values, self.source, f"{self.where}{key}.")
        table.only(*LANGUAGES)
        return Bilingual(table.text("en"), table.text("zh"))

    def tables(self, key: str) -> Iterator[_Table]:
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            raise self._wrong(key)
        for number, value in enumerate(values, 1):
            yield _Table(value, self.source, f"{self.where}{key} {number}: ")

    def _wrong(self, key: str) -> UserProblem:
        return UserProblem("persona_field_wrong", file=self.source, field=self.where + key)


def dump(persona: Persona) -> str:
    """The persona as a TOML file that a person can read and change; ``loads`` gives the same persona again."""
    parts = [
        "# A persona of Vademecum: who speaks, in what voice, and the words of the trade.",
        "# What it says of the world never comes from here: facts come from the documents in the library alone.",
        "",
        "# Lower-case letters, digits and hyphens: the name of its folder.",
        f"id = {_quoted(persona.id)}",
        "# formal, plain, friendly, or own: as in the sentences of own_voice.",
        f"voice = {_quoted(persona.voice.value)}",
        "# Among en and zh.",
        f"languages = {_listed(persona.languages)}",
        "# How it opens an answer, without figures; used where voice is own.",
        f"own_voice = {_listed(persona.own_voice)}",
        "# Words it never uses.",
        f"never_say = {_listed(persona.never_say)}",
        "",
        "# What it is called.  One language is enough.",
        *_both("name", persona.name),
        "# Whom it works for; may be empty.",
        *_both("organisation", persona.organisation),
        "# What it does, beginning with a verb: Help the staff with contracts.",
        *_both("purpose", persona.purpose),
        "# How it answers a greeting; without figures.",
        *_both("greeting", persona.greeting),
        "# Words of the trade: the term as documents write it, the other words that mean the same, a definition, and",
        "# words that look alike and mean something else.",
        *(line for term in persona.glossary for line in _term_lines(term)),
        "",
        "# How it answers, by example.",
        *(line for dialogue in persona.dialogues for line in _dialogue_lines(dialogue)),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _both(key: str, words: Bilingual) -> tuple[str, ...]:
    return f"[{key}]", f"en = {_quoted(words.en)}", f"zh = {_quoted(words.zh)}", ""


def _term_lines(term: Term) -> Iterator[str]:
    yield "[[glossary]]"
    yield f"term = {_quoted(term.term)}"
    if term.abbreviations:
        yield f"abbreviations = {_listed(term.abbreviations)}"
    if term.synonyms:
        yield f"synonyms = {_listed(term.synonyms)}"
    if term.definition:
        yield f"definition = {_quoted(term.definition)}"
    if term.confusable:
        yield f"confusable = {_listed(term.confusable)}"
    yield ""


def _dialogue_lines(dialogue: Dialogue) -> tuple[str, ...]:
    return "[[dialogues]]", f"asked = {_quoted(dialogue.asked)}", f"answered = {_quoted(dialogue.answered)}", ""


def _quoted(text: str) -> str:
    # The strings of JSON are strings of TOML, but for one control character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Sequence[str]) -> str:
    line = f"[{', '.join(map(_quoted, texts))}]"
    return line if len(line) <= 100 else "[\n" + "".join(f"    {_quoted(text)},\n" for text in texts) + "]"


# -- rules


def require(persona: Persona) -> None:
    """UserProblem with the first fault that is more than a warning."""
    for fault in check(persona):
        if not fault.warning:
            raise fault.problem()


def check(persona: Persona) -> tuple[Fault, ...]:
    """Everything that is wrong with ``persona``, in the order of its form; empty when it may be trained."""
    return (
        *_identity(persona),
        *_wording(persona),
        *_languages(persona),
        *_voice(persona),
        *_never_say(persona),
        *_glossary(persona.glossary),
        *_dialogues(persona),
    )


def same(word: str) -> str:
    """``word`` in a form in which two writings of it are equal: width, case and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", word).casefold().split())


def template_mark(text: str, *, braces: bool = False) -> str:
    """The first mark of a chat template or hole of any template in ``text``; "" for none.

    With ``braces``, a single curly bracket is none, unless it holds what is surely to be filled in.
    """
    found = _MARKS.search(text) or (_HOLES if braces else _BRACES).search(text)
    if found:
        return found.group()
    return next((mark for mark, sure in _bracketed(text) if sure), "")


def likely_hole(text: str) -> str:
    """The first thing in brackets that may be a hole or may be meant, as [GDPR] and 【地址】; "" for none."""
    return next((mark for mark, sure in _bracketed(text) if not sure), "")


def _bracketed(text: str) -> Iterator[tuple[str, bool]]:
    """What in brackets looks like a hole of a template, and whether it is one for sure."""
    for found in _BRACKETED.finditer(text):
        inside = found.group(found.lastindex or 0).strip()
        curly, headed = found.lastindex == 1, found.lastindex == 4
        words = set(re.findall(r"[a-z]+", inside.casefold()))
        capitals = _CAPITALS.fullmatch(inside) is not None and len(inside) > 1
        # Nothing but such words: [Your name], {user_name}, <ORG 1>; not [the company that was named above].
        open_ = inside.replace("’", "").isascii() and not _OPEN.isdisjoint(words) and _OPEN.issuperset(words - _BESIDE)
        certain = curly or capitals or not (_NAMING | _FILLING).isdisjoint(words)
        if _HEADED_ZH.fullmatch(inside):
            yield found.group(), not headed
        elif _OPEN_ZH.fullmatch(inside) or (open_ and certain):
            yield found.group(), True
        elif capitals or open_:  # a key, <ENTER>, or a law, [GDPR]
            yield found.group(), capitals and (curly or "_" in inside)


def printable(text: str) -> str:
    """``text`` without the characters that cannot be seen; line ends and tabs stay."""
    return "".join(c for c in text if c in "\n\t" or not _unprintable(c))


def _identity(persona: Persona) -> Iterator[Fault]:
    if not _ID.fullmatch(persona.id) or _DEVICES.fullmatch(persona.id) or persona.id == NOBODY:
        yield Fault("id", "persona_id_bad", {"id": persona.id})
    if not (persona.name.en or persona.name.zh):
        yield Fault("name", "persona_name_empty")
    rivals = {same(name) for name in bank.rivals()}
    for name in _said(persona.name):
        if same(name) in rivals:
            yield Fault("name", "persona_name_taken", {"name": name})
        elif not re.search(r"[^\W_]", name):
            yield Fault("name", "persona_name_no_word", {"name": name})
    if _PERSON.match(persona.purpose.en) or _PERSON_ZH.match(persona.purpose.zh):
        yield Fault("purpose", "persona_purpose_no_verb")
    for where, words in (("greeting", persona.greeting), ("purpose", persona.purpose)):
        for text in _said(words):
            if speech.has_figures(text):
                yield Fault(where, "persona_figures", {"field": where, "text": text})


def _wording(persona: Persona) -> Iterator[Fault]:
    """Length, control characters and marks of templates, wherever a person may write."""
    for where, text in _texts(persona):
        name = "glossary" if where == "definition" else where
        shown = f"{text[:40]}…" if len(text) > 40 else text
        if len(text) > LONGEST[where]:
            yield Fault(name, "persona_too_long", {"field": name, "text": shown, "longest": LONGEST[where]})
        if any(_unprintable(c) and not (c in "\n\t" and where == "dialogues") for c in text):
            yield Fault(name, "persona_control", {"field": name, "text": "".join(map(_visible, shown))})
        if mark := template_mark(text, braces=where == "dialogues"):
            yield Fault(name, "persona_marks", {"field": name, "mark": mark})


def _texts(persona: Persona) -> Iterator[tuple[str, str]]:
    for where in ("name", "organisation", "purpose", "greeting"):
        yield from ((where, text) for text in _said(getattr(persona, where)))
    yield from (("own_voice", text) for text in persona.own_voice)
    yield from (("never_say", text) for text in persona.never_say)
    for term in persona.glossary:
        yield from (("glossary", word) for word in (*term.words, *term.confusable))
        yield "definition", term.definition
    for dialogue in persona.dialogues:
        yield from (("dialogues", text) for text in (dialogue.asked, dialogue.answered))


def _languages(persona: Persona) -> Iterator[Fault]:
    if not persona.languages:
        yield Fault("languages", "persona_languages_none")
    for language in persona.languages:
        if language not in LANGUAGES:
            yield Fault("languages", "persona_language_unknown", {"given": language})
    if len(set(persona.languages)) < len(persona.languages):
        yield Fault("languages", "persona_language_twice")


def _voice(persona: Persona) -> Iterator[Fault]:
    said = [sentence for sentence in persona.own_voice if sentence]
    if persona.voice is Voice.OWN and not said:
        yield Fault("own_voice", "persona_own_voice_none")
    if len(said) > MAX_SENTENCES:
        yield Fault("own_voice", "persona_too_many", {"field": "own_voice", "count": len(said), "most": MAX_SENTENCES})
    if "" in persona.own_voice:
        yield Fault("own_voice", "persona_line_empty", {"field": "own_voice"})
    for sentence in said:
        if speech.has_figures(sentence):
            yield Fault("own_voice", "persona_figures", {"field": "own_voice", "text": sentence})
        elif _NOT_OPENING.search(sentence) or len(sentence) < 4:
            yield Fault("own_voice", "persona_own_voice_bad", {"text": sentence})


def _never_say(persona: Persona) -> Iterator[Fault]:
    if len(persona.never_say) > MAX_SENTENCES:
        details = {"field": "never_say", "count": len(persona.never_say), "most": MAX_SENTENCES}
        yield Fault("never_say", "persona_too_many", details)
    own = [
        ("name", _said(persona.name)),
        ("organisation", _said(persona.organisation)),
        ("purpose", _said(persona.purpose)),
        ("greeting", _said(persona.greeting)),
        ("own_voice", persona.own_voice),
        ("dialogues", tuple(d.answered for d in persona.dialogues)),
        ("voice", tuple(p for f in (True, False) for c in (True, False) for p in _phrases(persona, f, c))),
    ]
    for never in persona.never_say:
        if not never:
            yield Fault("never_say", "persona_line_empty", {"field": "never_say"})
            continue
        for where, texts in own:
            if any(same(never) in same(text) for text in texts):
                yield Fault("never_say", "persona_never_say_itself", {"text": never, "field": where})
                break


def _phrases(persona: Persona, found: bool, chinese: bool) -> tuple[str, ...]:
    return speech.phrases(persona, found=found, chinese=chinese) if LANGUAGES[chinese] in persona.languages else ()


def _glossary(glossary: Sequence[Term]) -> Iterator[Fault]:
    if len(glossary) > MAX_TERMS:
        yield Fault("glossary", "persona_too_many", {"field": "glossary", "count": len(glossary), "most": MAX_TERMS})
    owners: dict[str, Term] = {}
    for number, term in enumerate(glossary, 1):
        if not term.term:
            yield Fault("glossary", "persona_term_empty", {"number": number})
            continue
        own = {same(word) for word in term.words}
        for word in term.words:
            owner = owners.setdefault(same(word), term)
            if owner is not term and same(owner.term) == same(term.term):
                yield Fault("glossary", "persona_term_twice", {"term": term.term})
                break
            if owner is not term:
                yield Fault("glossary", "persona_word_twice", {"word": word, "one": owner.term, "other": term.term})
        for word in (*term.words, *term.confusable):
            if len(word) < 2:
                yield Fault("glossary", "persona_word_short", {"term": term.term, "word": word})
            elif _NOT_SEARCHED.search(word):
                yield Fault("glossary", "persona_word_marks", {"term": term.term, "word": word})
        for word in term.confusable:
            if same(word) in own:
                yield Fault("glossary", "persona_word_confused", {"term": term.term, "word": word})


def _dialogues(persona: Persona) -> Iterator[Fault]:
    dialogues = persona.dialogues
    if len(dialogues) > MAX_DIALOGUES:
        details = {"field": "dialogues", "count": len(dialogues), "most": MAX_DIALOGUES}
        yield Fault("dialogues", "persona_too_many", details)
    empty = [n for n, d in enumerate(dialogues, 1) if not (d.asked and d.answered)]
    if empty:
        yield Fault("dialogues", "persona_dialogue_empty", {"number": empty[0], "count": len(empty)})
    figures = [n for n, d in enumerate(dialogues, 1) if speech.has_figures(d.answered)]
    if figures:
        yield Fault("dialogues", "persona_dialogue_figures", {"number": figures[0], "count": len(figures)}, True)
    for number, dialogue in enumerate(dialogues, 1):
        if mark := likely_hole(dialogue.asked) or likely_hole(dialogue.answered):
            yield Fault("dialogues", "persona_dialogue_hole", {"number": number, "mark": mark}, True)
            break
    answers: dict[str, str] = {}
    for dialogue in dialogues:
        if answers.setdefault(same(dialogue.asked), same(dialogue.answered)) != same(dialogue.answered):
            yield Fault("dialogues", "persona_dialogue_contradicts", {"asked": dialogue.asked[:60]}, True)
            break


def _said(words: Bilingual) -> tuple[str, ...]:
    return tuple(text for text in (words.en, words.zh) if text)


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Cn") or character in _UNSEEN


def _visible(character: str) -> str:
    return "�" if _unprintable(character) else character
