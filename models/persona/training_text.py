"""Conversations as the tokens that the serving path makes of them.

The prompt is built as llama.cpp's side builds it: the model's own chat template,
rendered around content it never sees, each piece tokenised by itself, and only the
template's own words may be special tokens.  A persona is taught exactly the prompts
that it will be asked with.
"""

from __future__ import annotations

import heapq
import json
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gguf import GGUFValueType
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from core.errors import UserProblem
from core.nouns import Turn
from models.gguf_file import GgufFile
from models.persona.training_base import SPLITS

_CONTROL, _USER_DEFINED = 3, 4  # token types of GGUF
_ABSENT = "\u0002{}\u0003"
_NUMBER = {GGUFValueType.INT32: "i", GGUFValueType.UINT32: "I", GGUFValueType.FLOAT32: "f"}

# As llama.cpp cuts text; the last one of each list keeps what the others left.
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_ENDINGS = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+"
_EXPRESSIONS = {
    "gpt2": (_GPT2,),
    "digits": (r"\p{N}", _GPT2),
    "qwen2": (_ENDINGS + r"|\p{N}" + _TAIL,),
    "llama3": (_ENDINGS + r"|\p{N}{1,3}" + _TAIL,),
    "tekken": (
        r"[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+"
        r"|[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*"
        r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
}
# These take a token that is in the vocabulary whole as it is, and begin every text with a mark.
_WHOLE_FIRST = ("llama3", "tekken")


@dataclass(frozen=True, slots=True)
class Lesson:
    """A conversation in tokens; those from ``start`` on are what the assistant is to say, its end included."""

    ids: tuple[int, ...]
    start: int


class Words:
    """The tokeniser and chat template of a base."""

    def __init__(
        self,
        encode: Callable[[str, bool], list[int]],
        template: str,
        specials: Mapping[str, str],
        begin: int,
        end: int,
        endings: frozenset[int],
    ) -> None:
        self._encode = encode
        self._template = _Template(template, specials)
        self._begin = begin  # -1 when prompts do not begin with a mark
        self._end = end
        self._endings = endings

    def prompt(self, turns: Sequence[Turn]) -> list[int]:
        """The prompt that asks for the assistant's next turn."""
        tokens = [
            token for text, trusted in self._template.pieces(turns, True) for token in self._encode(text, trusted)
        ]
        if self._begin >= 0 and tokens[:1] != [self._begin]:
            tokens.insert(0, self._begin)
        return tokens

    def lesson(self, turns: Sequence[Turn]) -> Lesson:
        """The prompt of all turns but the last, then the last one and the mark that ends it."""
        prompt = self.prompt(turns[:-1])
        said = self._encode(turns[-1].content, False)
        return Lesson((*prompt, *said, *self._ending(turns)), len(prompt))

    def _ending(self, turns: Sequence[Turn]) -> list[int]:
        """What the template writes behind the assistant's words, up to the first token that ends a turn."""
        behind: list[int] = []
        for text, trusted in self._template.pieces(turns, False):
            behind = behind + self._encode(text, True) if trusted else []
        for count, token in enumerate(behind, 1):
            if token in self._endings:
                return behind[:count]
        return [self._end]


class _Template:
    def __init__(self, source: str, specials: Mapping[str, str]) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = time.strftime
        self._template = environment.from_string(source)
        self._specials = dict(specials)

    def pieces(self, turns: Sequence[Turn], asking: bool) -> Iterator[tuple[str, bool]]:
        """The conversation as (text, is template) pieces; ``asking`` opens the assistant's next turn."""
        marks = [_ABSENT.format(number) for number in range(len(turns))]
        messages = [{"role": t.role, "content": m} for t, m in zip(turns, marks, strict=True)]
        rendered = self._render(messages, asking)
        position = 0
        while position < len(rendered):
            following = [(rendered.find(mark, position), number) for number, mark in enumerate(marks)]
            found, number = min(((p, n) for p, n in following if p >= 0), default=(-1, -1))
            if found < 0:
                yield rendered[position:], True
                return
            if found > position:
                yield rendered[position:found], True
            yield turns[number].content, False
            position = found + len(marks[number])

    def _render(self, messages: list[dict[str, str]], asking: bool) -> str:
        try:
            return self._fill(messages, asking)
        except _TemplateRefusal:
            # Some templates know no system role: the instructions then open the first user turn.
            if messages[0]["role"] != "system" or len(messages) < 2:
                raise
            merged = {"role": "user", "content": messages[0]["content"] + "\n\n" + messages[1]["content"]}
            return self._fill([merged, *messages[2:]], asking)

    def _fill(self, messages: list[dict[str, str]], asking: bool) -> str:
        return str(self._template.render(messages=messages, add_generation_prompt=asking, **self._specials))


class _TemplateRefusal(TemplateError):
    pass


def _refuse(message: str) -> None:
    raise _TemplateRefusal(message)


def words_of(base: Path) -> Words:
    """The tokeniser and template of a GGUF file, or of a folder of Hugging Face weights."""
    return _from_folder(base) if base.is_dir() else _from_file(base)


def _from_file(base: Path) -> Words:
    with GgufFile(base) as file:
        tokens = _texts(file, "tokenizer.ggml.tokens")
        types = _numbers(file, "tokenizer.ggml.token_type") or [1] * len(tokens)
        kind = file.text("tokenizer.ggml.model")
        pieces = kind == "llama"
        split = SPLITS.get(file.text("tokenizer.ggml.pre"), "")
        # What llama.cpp takes where the file says nothing.
        begin = _number(file, "tokenizer.ggml.bos_token_id", 1 if pieces else 11)
        end = _number(file, "tokenizer.ggml.eos_token_id", 2 if pieces else 11)
        added = file.value("tokenizer.ggml.add_bos_token")
        begins = pieces or split in _WHOLE_FIRST if added is None else bool(added)
        encode: Callable[[str, bool], list[int]]
        if pieces:
            prefix = file.value("tokenizer.ggml.add_space_prefix")
            scores = [float(score) for score in _numbers(file, "tokenizer.ggml.scores")]
            encode = SentencePieces(tokens, scores, [int(t) for t in types], prefix is not False).encode
        else:
            encode = _byte_pairs(tokens, [int(t) for t in types], _texts(file, "tokenizer.ggml.merges"), split)
        turn = _number(file, "tokenizer.ggml.eot_token_id", end)
        return Words(
            encode,
            file.text("tokenizer.chat_template"),
            {"bos_token": _at(tokens, begin), "eos_token": _at(tokens, end)},
            begin if begins else -1,
            turn,
            frozenset({end, turn} | {number for number, kind in enumerate(types) if kind == _CONTROL}),
        )


def _from_folder(base: Path) -> Words:
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    settings = json.loads((base / "tokenizer_config.json").read_text(encoding="utf-8"))
    beside = base / "chat_template.jinja"
    template = beside.read_text(encoding="utf-8") if beside.is_file() else settings.get("chat_template")
    if not isinstance(template, str) or not template:
        raise UserProblem("model_without_chat_template", file=base.name)

    def text(name: str) -> str:
        value = settings.get(name)
        return str(value.get("content", "")) if isinstance(value, dict) else str(value or "")

    begin, end = (tokenizer.token_to_id(text(name)) for name in ("bos_token", "eos_token"))
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    return Words(
        _encoder(tokenizer),
        template,
        {"bos_token": text("bos_token"), "eos_token": text("eos_token")},
        begin if settings.get("add_bos_token") and begin is not None else -1,
        end if end is not None else -1,
        frozenset(special),
    )


def _byte_pairs(tokens: list[str], types: list[int], merges: list[str], split: str) -> Callable[[str, bool], list[int]]:
    vocabulary = {token: number for number, token in enumerate(tokens)}
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    known = [pair for pair in pairs if {*pair, "".join(pair)} <= vocabulary.keys()]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=known, ignore_merges=split in _WHOLE_FIRST))
    cuts = [pre_tokenizers.Split(Regex(expression), behavior="isolated") for expression in _EXPRESSIONS[split]]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [
            AddedToken(t, normalized=False, special=True)
            for t, kind in zip(tokens, types, strict=True)
            if kind == _CONTROL
        ]
    )
    tokenizer.add_tokens(
        [AddedToken(t, normalized=False) for t, kind in zip(tokens, types, strict=True) if kind == _USER_DEFINED]
    )
    return _encoder(tokenizer)


def _encoder(tokenizer: Tokenizer) -> Callable[[str, bool], list[int]]:
    def encode(text: str, trusted: bool) -> list[int]:
        tokenizer.encode_special_tokens = not trusted
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    return encode


class SentencePieces:
    """A vocabulary of scored pieces, put together as llama.cpp does it: the best-scored neighbours first."""

    def __init__(self, tokens: Sequence[str], scores: Sequence[float], types: Sequence[int], prefix: bool) -> None:
        self._number = {token: number for number, token in enumerate(tokens)}
        self._scores = scores
        self._prefix = prefix
        by_length = sorted(zip(tokens, types, strict=True), key=lambda pair: -len(pair[0]))
        self._whole = [token for token, kind in by_length if kind == _USER_DEFINED]
        self._special = [token for token, kind in by_length if kind in (_CONTROL, _USER_DEFINED)]

    def encode(self, text: str, trusted: bool) -> list[int]:
        """The tokens of ``text``; only a ``trusted`` one may hold special tokens."""
        made: list[int] = []
        prefixed = self._prefix
        for piece, whole in self._pieces(text, self._special if trusted else self._whole):
            if whole:
                made.append(self._number[piece])
            else:
                made += self._plain((" " + piece if prefixed else piece).replace(" ", "\u2581"))
            prefixed = self._prefix and whole
        return made

    def _pieces(self, text: str, marks: Sequence[str]) -> list[tuple[str, bool]]:
        pieces = [(text, False)] if text else []
        for mark in marks:
            if mark not in text:
                continue
            cut: list[tuple[str, bool]] = []
            for piece, whole in pieces:
                if whole:
                    cut.append((piece, True))
                    continue
                for number, part in enumerate(piece.split(mark)):
                    if number:
                        cut.append((mark, True))
                    if part:
                        cut.append((part, False))
            pieces = cut
        return pieces

    def _plain(self, text: str) -> list[int]:
        symbols: list[str] = list(text)
        before = list(range(-1, len(symbols) - 1))
        after = [*range(1, len(symbols)), -1]
        waiting: list[tuple[float, int, int, str]] = []

        def offer(left: int, right: int) -> None:
            if left >= 0 and right >= 0 and (joined := symbols[left] + symbols[right]) in self._number:
                heapq.heappush(waiting, (-self._scores[self._number[joined]], left, right, joined))

        for left in range(len(symbols) - 1):
            offer(left, left + 1)
        while waiting:
            _, left, right, joined = heapq.heappop(waiting)
            if not symbols[left] or not symbols[right] or symbols[left] + symbols[right] != joined:
                continue
            symbols[left], symbols[right] = joined, ""
            after[left] = after[right]
            if after[right] >= 0:
                before[after[right]] = left
            offer(before[left], left)
            offer(left, after[left])
        made: list[int] = []
        for symbol in filter(None, symbols):
            if symbol in self._number:
                made.append(self._number[symbol])
            else:
                made += [
                    self._number[f"<0x{byte:02X}>"] for byte in symbol.encode() if f"<0x{byte:02X}>" in self._number
                ]
        return made


def _texts(file: GgufFile, key: str) -> list[str]:
    found = _list(file, key)
    if found is None:
        return []
    raw, at, count = found[1:]
    texts = []
    for _ in range(count):
        (length,) = struct.unpack_from("<Q", raw, at)
        texts.append(raw[at + 8 : at + 8 + length].decode("utf-8", "replace"))
        at += 8 + length
    return texts


def _numbers(file: GgufFile, key: str) -> list[float]:
    found = _list(file, key)
    if found is None or found[0] not in _NUMBER:
        return []
    kind, raw, at, count = found
    return list(struct.unpack_from(f"<{count}{_NUMBER[kind]}", raw, at))


def _list(file: GgufFile, key: str) -> tuple[GGUFValueType, bytes, int, int] | None:
    """(type of the items, bytes, where the first item begins in them, how many)."""
    entry = file.entries.get(key)
    if entry is None or entry.kind is not GGUFValueType.ARRAY:
        return None
    raw = file.raw(entry)
    kind, count = struct.unpack_from("<IQ", raw, entry.value - entry.start)
    return GGUFValueType(kind), raw, entry.value - entry.start + 12, count


def _number(file: GgufFile, key: str, otherwise: int) -> int:
    value = file.value(key)
    return value if isinstance(value, int) else otherwise


def _at(tokens: Sequence[str], number: int) -> str:
    return tokens[number] if 0 <= number < len(tokens) else ""
