"""How personas are spoken of: their names, the time something takes, sizes of memory."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.nouns import Bilingual, Persona, Voice

_GB = 1 << 30


def pick(words: Bilingual, language: str) -> str:
    """The words in ``language``, or in the other where they are missing."""
    return (words.zh or words.en) if language == "zh" else (words.en or words.zh)


def name_of(persona: Persona, language: str) -> str:
    """What a persona is called; its id while it has no name."""
    return pick(persona.name, language).strip() or persona.id


def voice_words(voice: Voice) -> str:
    """A voice, in a word or two."""
    return {
        Voice.FORMAL: QCoreApplication.translate("Persona", "Formal"),
        Voice.PLAIN: QCoreApplication.translate("Persona", "Plain"),
        Voice.FRIENDLY: QCoreApplication.translate("Persona", "Friendly"),
        Voice.OWN: QCoreApplication.translate("Persona", "Own sentences"),
    }[voice]


def kind_words(kind: str) -> str:
    """What kind of example it is."""
    return {
        "identity": QCoreApplication.translate("Persona", "Who it is"),
        "style": QCoreApplication.translate("Persona", "How it speaks"),
        "glossary": QCoreApplication.translate("Persona", "Words of the trade"),
        "dialogue": QCoreApplication.translate("Persona", "Own dialogues"),
        "general": QCoreApplication.translate("Persona", "General abilities"),
    }.get(kind, kind)


def time_left(seconds: float) -> str:
    """A rough time that is left; nothing where it is unknown."""
    if seconds <= 0:
        return ""
    if seconds < 45:
        return QCoreApplication.translate("Persona", "less than a minute left")
    if seconds < 90 * 60:
        words = QCoreApplication.translate("Persona", "about {n} min left")
        return words.format(n=max(1, round(seconds / 60)))
    return QCoreApplication.translate("Persona", "about {n} h left").format(n=round(seconds / 3600))


def duration(seconds: float) -> str:
    """How long something takes or took."""
    if seconds < 90:
        return QCoreApplication.translate("Persona", "{n} s").format(n=max(1, round(seconds)))
    if seconds < 90 * 60:
        return QCoreApplication.translate("Persona", "{n} min").format(n=round(seconds / 60))
    return QCoreApplication.translate("Persona", "{n} h").format(n=f"{seconds / 3600:.1f}")


def gigabytes(size: float) -> str:
    """A size of memory."""
    return f"{size / _GB:.1f} GB"


def per_cent(value: float | None, *, signed: bool = False) -> str:
    """A figure in per cent, a dash where it was not measured."""
    if value is None:
        return "–"
    text = f"{value:+.1f}" if signed and abs(value) >= 0.05 else f"{abs(value) if signed else value:.1f}"
    return text.replace("-", "−")
