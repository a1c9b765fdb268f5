"""A persona at work: it replies in conversation, opens answers in its voice, and reads the trade's words.

What it says of the world is never used: an opening that states anything is replaced by a
phrase of its voice, and of its search words only terms of its own glossary count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core import speech
from core.drafting import clean
from core.errors import CancelToken, UserProblem
from core.glossary import Meaning, meaning
from core.language_model import LanguageModel
from core.nouns import Draft, DraftSentence, Persona, Turn
from core.terms import is_chinese


@dataclass(frozen=True, slots=True)
class Speaker:
    """A persona and the model that speaks for it: the base with its adapter, or a merged file."""

    persona: Persona
    model: LanguageModel

    def close(self) -> None:
        """Let go of an adapter that is at work; the model it stands on stays."""
        close = getattr(self.model, "close", None)
        if close is not None:
            close()


def converse(
    remark: str,
    model: LanguageModel,
    speaker: Speaker | None = None,
    *,
    seed: int = 0,
    cancel: CancelToken | None = None,
) -> tuple[Draft, float]:
    """A short reply to a greeting, thanks, or a question about the assistant itself, and the seconds until it began."""
    turns = speech.conversation(clean(remark), speaker.persona if speaker else None)
    speaking = speaker.model if speaker else model
    written = speaking.generate(turns, max_tokens=speech.LONGEST_REPLY, seed=seed, cancel=cancel)
    text = written.text.strip()
    return Draft((DraftSentence(text, ()),), text, False, written.prompt_sha256, seed), written.first_token_seconds


def understood(
    question: str,
    speaker: Speaker,
    occurs: Callable[[str], bool],
    *,
    strange: bool,
    cancel: CancelToken | None = None,
) -> Meaning:
    """``question`` in the words of the documents, as the persona's glossary has them.

    ``occurs`` tells whether a word stands in the documents.  The model is asked only when the question is
    ``strange``, with words that stand in none of them, and has no word of the glossary as it is written there.
    """
    found = meaning(question, speaker.persona.glossary, occurs)
    if found.terms or not strange or not speaker.persona.glossary:
        return found
    words = _said(speech.search_words(clean(question)), speech.SEARCH_GRAMMAR, speech.LONGEST_SEARCH, speaker, cancel)
    return meaning(question, speaker.persona.glossary, occurs, also=words)


def opening(question: str, speaker: Speaker, *, found: bool, cancel: CancelToken | None = None) -> str:
    """The sentence with which the persona opens its answer, or says that there is none.  It states no fact."""
    persona = speaker.persona
    turns = speech.opening(clean(question), persona, found=found)
    said = _said(turns, speech.OPENING_GRAMMAR, speech.LONGEST_OPENING, speaker, cancel)
    if speech.opens(said, question, persona, found=found):
        return said
    return speech.phrases(persona, found=found, chinese=is_chinese(question))[0]


def _said(turns: list[Turn], grammar: str, max_tokens: int, speaker: Speaker, cancel: CancelToken | None) -> str:
    try:
        written = speaker.model.generate(turns, grammar=grammar, max_tokens=max_tokens, cancel=cancel)
    except UserProblem:  # too long for the model: it is done without
        return ""
    return written.text.strip() if written.complete else ""
