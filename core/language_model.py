"""The language model that drafts: a protocol, and llama.cpp behind it.

This is the only place with a decode loop.  Evaluation keeps the longest common
prefix of the last prompt in the key-value cache, so that fixed instructions and
passages already read are not read again.  Text that comes from documents or
people is tokenised without special tokens: it cannot open or close a chat turn.
"""

from __future__ import annotations

import codecs
import ctypes
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise, takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import Cancelled, CancelToken, UserProblem
from core.machine import cores, processor, wide
from core.nouns import ModelIdentity, Progress, Report, Turn, silent


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model wrote, and how long it took."""

    text: str
    tokens: int
    prompt_tokens: int
    reused_tokens: int
    prompt_sha256: str
    first_token_seconds: float
    seconds: float
    complete: bool  # the model ended by itself, it was not cut at max_tokens


class LanguageModel(Protocol):
    """What the engine needs of a language model."""

    @property
    def identity(self) -> ModelIdentity:
        """Which file answers."""

    @property
    def context(self) -> int:
        """Longest prompt and answer together, in tokens."""

    def count_tokens(self, text: str) -> int:
        """How many tokens ``text`` is, without special tokens."""

    def generate(
        self,
        turns: Sequence[Turn],
        *,
        grammar: str = "",
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        on_text: Callable[[str], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Generation:
        """The assistant's next turn.

        ``grammar`` is GBNF with a rule ``root``.  Raises UserProblem when the
        prompt is too long and Cancelled when asked to stop.
        """


_QUIET: list[object] = []  # ctypes callbacks must outlive the library that holds them
_CHUNK = 128  # prompt tokens between two looks at the cancel token
_AT_ONCE = 8  # answers that are written at a time where there are many
_LONGEST_OF_MANY = 512  # tokens of prompt and answer of each of these
_WORTH_WAITING = 24  # tokens of a beginning that another one is just reading
_SHORTLISTS = (32, 2048)  # likeliest tokens offered to the grammar before all 150,000 of them are, which takes a second


def _llama() -> Any:  # a ctypes module without types
    # llama_cpp loads a native library of 20 MB; only what talks to a model pays for it.
    import llama_cpp.llama_cpp as lib

    if not _QUIET:
        callback = lib.llama_log_callback(lambda _level, _text, _data: None)
        lib.llama_log_set(callback, ctypes.c_void_p(0))
        _QUIET.append(callback)
        lib.llama_backend_init()
    return lib


def wide_kernels() -> str:
    """Which kernels for AVX-512 could be used, and on which processor; "" where build or processor have none."""
    return f"{version('llama-cpp-python')} {processor()}" if wide() and _wide_library() else ""


def widen(proven: str) -> None:
    """Let this process use the kernels for AVX-512, if they are the ``proven`` ones; before its first model is loaded.

    They read prompts faster.  A model uses them only once a throw-away process has written with them.
    """
    file = _wide_library()
    if file and proven and proven == wide_kernels() and not _QUIET:
        # The loader takes a library by its name when one of that name is there: these go before llama.cpp's own.
        ctypes.CDLL(os.fspath(file.parent.parent / "libggml-base.so"), ctypes.RTLD_GLOBAL)
        ctypes.CDLL(os.fspath(file), ctypes.RTLD_GLOBAL)


def _wide_library() -> Path | None:
    found = find_spec("llama_cpp")
    if found is None or found.origin is None:
        return None
    file = Path(found.origin).parent / "lib" / "avx512" / "libggml-cpu.so"
    return file if file.is_file() else None


def gpu_built_in() -> bool:
    """Whether this build of llama.cpp can use a device; whether one answers is another matter."""
    return bool(_llama().llama_supports_gpu_offload())


class LlamaModel:
    """A GGUF model run by llama.cpp, on the GPU when the build and a device are there, else on the CPU.

    One evaluation at a time.  Raises UserProblem when the file does not load.
    """

    _n_vocab: int
    _cached: list[tuple[int, ...]]  # what the context holds, in the pieces in which it was read

    def __init__(
        self,
        file: Path,
        identity: ModelIdentity,
        *,
        context: int = 4096,
        threads: int = 0,
        gpu_layers: int = -1,
    ) -> None:
        lib = self._lib = _llama()
        self._model = self._context = None
        self._owner: LlamaModel | None = None
        self._adapter: object = None
        self._threads = threads = threads or cores()
        wanted = gpu_layers if gpu_built_in() else 0
        for layers in dict.fromkeys((wanted, 0)):
            parameters = lib.llama_model_default_params()
            parameters.n_gpu_layers = 999 if layers < 0 else layers
            self._model = lib.llama_model_load_from_file(os.fsencode(file), parameters)
            if self._model:
                break
        if not self._model:
            raise UserProblem("model_does_not_load", file=file)
        self._vocab = lib.llama_model_get_vocab(self._model)
        self._open_context(file, context)
        self._template = _ChatTemplate(self._metadata("tokenizer.chat_template"), self._specials())
        self.architecture = self._metadata("general.architecture")
        self._identity = replace(identity, device="gpu" if layers else "cpu")

    def with_adapter(self, file: Path, identity: ModelIdentity, *, context: int = 2048) -> LlamaModel:
        """The same weights with a LoRA adapter (GGUF) at work, beside this model and with a memory of its own.

        It must be closed before this model is.  Raises UserProblem when the adapter does not load or does not fit.
        """
        adapted = object.__new__(LlamaModel)
        adapted._lib, adapted._owner, adapted._model = self._lib, self, self._model
        adapted._vocab, adapted._threads, adapted._context = self._vocab, self._threads, None
        adapter = adapted._adapter = self._lib.llama_adapter_lora_init(self._model, os.fsencode(file))
        if not adapter:
            raise UserProblem("adapter_does_not_load", file=file, name=self._identity.name)
        adapted._open_context(file, context)
        adapters, scales = (self._lib.llama_adapter_lora_p_ctypes * 1)(adapter), (ctypes.c_float * 1)(1.0)
        if self._lib.llama_set_adapters_lora(adapted._context, adapters, 1, scales) != 0:
            adapted.close()
            raise UserProblem("adapter_does_not_load", file=file, name=self._identity.name)
        adapted._template, adapted.architecture = self._template, self.architecture
        adapted._identity = replace(identity, device=self._identity.device)
        return adapted

    def _open_context(self, file: Path, context: int) -> None:
        lib = self._lib
        trained = int(lib.llama_model_n_ctx_train(self._model))
        self._context = lib.llama_init_from_model(
            self._model, self._parameters(min(context, trained) if trained > 0 else context)
        )
        if not self._context:
            self.close()
            raise UserProblem("model_no_memory", file=file)
        self._n_vocab = int(lib.llama_vocab_n_tokens(self._vocab))
        self._cached = []

    def _parameters(self, context: int) -> Any:
        parameters = self._lib.llama_context_default_params()
        parameters.n_ctx = context
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.n_threads = parameters.n_threads_batch = self._threads
        parameters.no_perf = True
        return parameters

    @property
    def identity(self) -> ModelIdentity:
        """Which file answers."""
        return self._identity

    @property
    def context(self) -> int:
        """Longest prompt and answer together, in tokens."""
        return int(self._lib.llama_n_ctx(self._context))

    def close(self) -> None:
        """Free the native memory."""
        if self._context:
            self._lib.llama_free(self._context)
        if self._adapter:
            self._lib.llama_adapter_lora_free(self._adapter)
        if self._model and self._owner is None:
            self._lib.llama_model_free(self._model)
        self._adapter = None
        self._context = self._model = None

    def __enter__(self) -> LlamaModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def count_tokens(self, text: str) -> int:
        """How many tokens ``text`` is, without special tokens."""
        return len(self._tokenise(text, special=False))

    def generate(
        self,
        turns: Sequence[Turn],
        *,
        grammar: str = "",
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        on_text: Callable[[str], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Generation:
        """See :class:`LanguageModel`."""
        started = time.perf_counter()
        chunks = self._chunks(turns)
        length = sum(map(len, chunks))
        if length + max_tokens > self.context:
            raise UserProblem("prompt_too_long", tokens=length + max_tokens, limit=self.context)
        reused = self._evaluate(chunks, cancel)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        pieces: list[str] = []
        count, first, complete = 0, 0.0, False
        chooser = _Chooser(self._lib, self._vocab, grammar, temperature, seed)
        try:
            while count < max_tokens:
                if cancel:
                    cancel.check()
                token = chooser.choose(self._logits())
                first = first or time.perf_counter() - started
                if self._lib.llama_vocab_is_eog(self._vocab, token):
                    complete = True
                    break
                count += 1
                piece = decoder.decode(self._piece(token))
                pieces.append(piece)
                if on_text and piece:
                    on_text(piece)
                self._decode([token], cancel)
        finally:
            chooser.close()
        pieces.append(decoder.decode(b"", final=True))
        return Generation(
            text="".join(pieces),
            tokens=count,
            prompt_tokens=length,
            reused_tokens=reused,
            prompt_sha256=hashlib.sha256(np.concatenate(chunks, dtype="<i4").tobytes()).hexdigest(),
            first_token_seconds=first,
            seconds=time.perf_counter() - started,
            complete=complete,
        )

    def read_ahead(self, turns: Sequence[Turn], cancel: CancelToken) -> None:
        """Read ``turns``, so that a prompt with the same beginning goes on from there.

        What was read when ``cancel`` asked to stop is kept.  Raises nothing: what is not read now is read when asked.
        """
        with suppress(Cancelled, UserProblem):
            chunks = self._chunks(turns)
            if sum(map(len, chunks)) < self.context:
                self._evaluate(chunks, cancel)

    def generate_all(
        self,
        prompts: Sequence[Sequence[Turn]],
        *,
        max_tokens: int = 96,
        report: Report = silent,
        cancel: CancelToken | None = None,
    ) -> list[tuple[str, bool]]:
        """The likeliest next turn for each of many prompts, and whether the model ended it by itself.

        Several are written at a time, which a processor does about three times as fast as one after another, and a
        beginning that prompts share is read once; a prompt too long for it gives ("", False).
        """
        parameters = self._parameters(_AT_ONCE * _LONGEST_OF_MANY)
        parameters.n_seq_max = _AT_ONCE
        parameters.kv_unified = True  # one memory for all, so that a beginning they share is in it once
        context = self._lib.llama_init_from_model(self._model, parameters)
        if not context:
            raise UserProblem("model_no_memory", file=self._identity.name)
        batch = self._lib.llama_batch_init(parameters.n_batch, 0, 1)
        try:
            return self._write_all(context, batch, prompts, max_tokens, report, cancel)
        finally:
            self._lib.llama_batch_free(batch)
            self._lib.llama_free(context)

    def _write_all(
        self,
        context: object,
        batch: Any,
        prompts: Sequence[Sequence[Turn]],
        max_tokens: int,
        report: Report,
        cancel: CancelToken | None,
    ) -> list[tuple[str, bool]]:
        lib, memory = self._lib, self._lib.llama_get_memory(context)
        written: list[tuple[str, bool]] = [("", False)] * len(prompts)
        read = [self._prompt(turns) for turns in prompts]
        # In order of their words, so that those with the same beginning come one after the other.
        fitting = (at for at, tokens in enumerate(read) if len(tokens) + max_tokens <= _LONGEST_OF_MANY)
        waiting = sorted(fitting, key=read.__getitem__, reverse=True)
        writers: dict[int, _Writer] = {}
        rested: dict[int, _Writer] = {}  # they have ended, and what they read is still in the memory
        room, done = int(lib.llama_n_batch(context)), len(read) - len(waiting)
        while waiting or writers:
            if cancel:
                cancel.check()
            batch.n_tokens = 0
            for sequence, writer in writers.items():
                writer.place = _put(batch, writer.tokens[-1], len(writer.tokens) - 1, sequence, wanted=True)
            there = rested | writers  # without those that begin in this batch
            for sequence in range(_AT_ONCE):
                if sequence in writers or not waiting:
                    continue
                tokens = read[waiting[-1]]
                before, same = _nearest(tokens, there)
                if _nearest(tokens, writers)[1] - same >= _WORTH_WAITING or batch.n_tokens + len(tokens) - same > room:
                    break  # its beginning is being read just now, or there is no room for it
                if before != sequence:
                    lib.llama_memory_seq_rm(memory, sequence, -1, -1)
                    lib.llama_memory_seq_cp(memory, before, sequence, 0, same)
                else:
                    lib.llama_memory_seq_rm(memory, sequence, same, -1)
                for left in (rested, there):
                    left.pop(sequence, None)
                writer = writers[sequence] = _Writer(waiting.pop(), list(tokens), len(tokens))
                for position in range(same, len(tokens)):
                    writer.place = _put(batch, tokens[position], position, sequence, wanted=position == len(tokens) - 1)
            if (status := lib.llama_decode(context, batch)) != 0:
                raise UserProblem("model_evaluation_failed", name=self._identity.name, status=status)
            for sequence, writer in list(writers.items()):
                pointer = lib.llama_get_logits_ith(context, writer.place)
                token = int(np.argmax(np.ctypeslib.as_array(pointer, shape=(self._n_vocab,))))
                ended = bool(lib.llama_vocab_is_eog(self._vocab, token))
                if not ended:
                    writer.tokens.append(token)
                if ended or len(writer.tokens) - writer.prompt >= max_tokens:
                    said = b"".join(self._piece(t) for t in writer.tokens[writer.prompt :])
                    written[writer.index] = (said.decode("utf-8", errors="replace").strip(), ended)
                    rested[sequence] = writers.pop(sequence)
                    done += 1
                    report(Progress("stage_writing_many", done, len(prompts)))
        return written

    def _prompt(self, turns: Sequence[Turn]) -> list[int]:
        return [token for chunk in self._chunks(turns) for token in chunk]

    def _chunks(self, turns: Sequence[Turn]) -> list[tuple[int, ...]]:
        """The prompt in the pieces in which it is read; one begins where the last turn's own words do."""
        tokens: list[int] = []
        last = 0
        for text, trusted in self._template.pieces(turns):
            last = last if trusted else len(tokens)
            tokens += self._tokenise(text, special=trusted)
        begin = int(self._lib.llama_vocab_bos(self._vocab))
        if self._lib.llama_vocab_get_add_bos(self._vocab) and begin >= 0 and tokens[:1] != [begin]:
            tokens.insert(0, begin)
            last += 1
        starts = [*range(0, last, _CHUNK), *range(last, len(tokens), _CHUNK)]
        return [tuple(tokens[start:end]) for start, end in pairwise((*starts, len(tokens)))]

    def _evaluate(self, prompt: Sequence[tuple[int, ...]], cancel: CancelToken | None) -> int:
        """Read ``prompt``, going on from what it has in common with what was read; returns how many tokens those are.

        Whole chunks only: cut elsewhere, the same prompt would round differently, and answers must repeat.
        """
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(self._cached, prompt[:-1], strict=False))
        kept = [chunk for chunk, _ in shared]
        same = sum(map(len, kept))
        if not self._lib.llama_memory_seq_rm(self._memory(), 0, same, -1):
            self._forget()  # recurrent models cannot be cut back
            kept, same = [], 0
        del self._cached[len(kept) :]
        for chunk in prompt[len(kept) :]:
            if cancel:
                cancel.check()
            self._decode(chunk, cancel)
        return same

    def _decode(self, tokens: Sequence[int], cancel: CancelToken | None) -> None:
        array = (ctypes.c_int32 * len(tokens))(*tokens)
        status = self._lib.llama_decode(self._context, self._lib.llama_batch_get_one(array, len(tokens)))
        if status != 0:
            self._forget()
            if cancel and cancel.cancelled:
                raise Cancelled
            raise UserProblem("model_evaluation_failed", name=self._identity.name, status=status)
        self._cached.append(tuple(tokens))

    def _memory(self) -> object:
        memory: object = self._lib.llama_get_memory(self._context)
        return memory

    def _forget(self) -> None:
        self._lib.llama_memory_clear(self._memory(), True)
        self._cached.clear()

    def _logits(self) -> npt.NDArray[np.float32]:
        pointer = self._lib.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._n_vocab,))

    def _tokenise(self, text: str, *, special: bool) -> list[int]:
        data = text.encode("utf-8", errors="replace")
        size = len(data) + 8
        buffer = (ctypes.c_int32 * size)()
        count = self._lib.llama_tokenize(self._vocab, data, len(data), buffer, size, False, special)
        return list(buffer[: max(count, 0)])

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        count = self._lib.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(count, 0)]

    def _metadata(self, key: str) -> str:
        size = 1 << 18
        buffer = ctypes.create_string_buffer(size)
        count = self._lib.llama_model_meta_val_str(self._model, key.encode(), buffer, size)
        return buffer.value.decode("utf-8", errors="replace") if count > 0 else ""

    def _specials(self) -> dict[str, str]:
        def text(token: int) -> str:
            if token < 0:
                return ""
            raw = self._lib.llama_vocab_get_text(self._vocab, token)
            return raw.decode("utf-8", errors="replace") if raw else ""

        return {
            "bos_token": text(self._lib.llama_vocab_bos(self._vocab)),
            "eos_token": text(self._lib.llama_vocab_eos(self._vocab)),
        }


@dataclass(slots=True)
class _Writer:
    """One of several answers that are written at a time; ``place`` is where its logits are."""

    index: int
    tokens: list[int]
    prompt: int
    place: int = 0


def _nearest(tokens: Sequence[int], writers: Mapping[int, _Writer]) -> tuple[int, int]:
    """The sequence whose prompt has most of its beginning in common with ``tokens``, and how many tokens of it.

    The last token is left out: it is read anew, because what follows it is wanted.
    """
    found = (0, 0)
    for sequence, writer in writers.items():
        same, most = 0, min(writer.prompt, len(tokens) - 1)
        while same < most and writer.tokens[same] == tokens[same]:
            same += 1
        found = max(found, (sequence, same), key=lambda one: one[1])
    return found


def _put(batch: Any, token: int, position: int, sequence: int, *, wanted: bool) -> int:
    """Add one token to a batch; returns its place."""
    place = int(batch.n_tokens)
    batch.token[place], batch.pos[place] = token, position
    batch.n_seq_id[place], batch.seq_id[place][0] = 1, sequence
    batch.logits[place] = wanted
    batch.n_tokens = place + 1
    return place


class _ChatTemplate:
    """The model's own chat template, rendered in Jinja's sandbox around content it never sees."""

    def __init__(self, source: str, specials: dict[str, str]) -> None:
        # Jinja is needed only where a model is loaded.
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        if not source:
            raise UserProblem("model_no_chat_template")
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = _refuse_template
        environment.globals["strftime_now"] = time.strftime
        self._template = environment.from_string(source)
        self._specials = specials

    def pieces(self, turns: Sequence[Turn]) -> Iterator[tuple[str, bool]]:
        """The prompt as (text, is template) pieces; only template text may hold special tokens."""
        marks = [f"\u0002{i}\u0003" for i in range(len(turns))]
        messages = [{"role": t.role, "content": m} for t, m in zip(turns, marks, strict=True)]
        rendered = self._render(messages)
        position = 0
        while position < len(rendered):
            following = [(rendered.find(mark, position), i) for i, mark in enumerate(marks)]
            found, index = min(((p, i) for p, i in following if p >= 0), default=(-1, -1))
            if found < 0:
                yield rendered[position:], True
                return
            if found > position:
                yield rendered[position:found], True
            yield turns[index].content, False
            position = found + len(marks[index])

    def _render(self, messages: list[dict[str, str]]) -> str:
        try:
            return str(self._template.render(messages=messages, add_generation_prompt=True, **self._specials))
        except _TemplateRefusal:
            # Some templates know no system role: the instructions then open the first user turn.
            if messages and messages[0]["role"] == "system" and len(messages) > 1:
                merged = {"role": "user", "content": messages[0]["content"] + "\n\n" + messages[1]["content"]}
                return str(
                    self._template.render(
                        messages=[merged, *messages[2:]], add_generation_prompt=True, **self._specials
                    )
                )
            raise


class _TemplateRefusal(Exception):
    pass


def _refuse_template(message: str) -> None:
    raise _TemplateRefusal(message)


class _Chooser:
    """Picks the next token: the likeliest, or a seeded draw, among those the grammar allows."""

    def __init__(self, lib: Any, vocab: object, grammar: str, temperature: float, seed: int) -> None:
        self._lib = lib
        self._temperature = temperature
        self._random = np.random.default_rng(seed)
        self._grammar = None
        if grammar:
            self._grammar = lib.llama_sampler_init_grammar(vocab, grammar.encode(), b"root")
            if not self._grammar:
                raise ValueError("the grammar does not parse")

    def choose(self, logits: npt.NDArray[np.float32]) -> int:
        for size in (*_SHORTLISTS, len(logits)):
            size = min(size, len(logits))
            allowed = self._allowed(np.argpartition(logits, -size)[-size:], logits)
            if len(allowed):
                break
        if self._temperature <= 0:
            token = int(allowed[np.argmax(logits[allowed])])
        else:
            weights = logits[allowed].astype(np.float64) / self._temperature
            weights = np.exp(weights - weights.max())
            token = int(self._random.choice(allowed, p=weights / weights.sum()))
        if self._grammar:
            self._lib.llama_sampler_accept(self._grammar, token)
        return token

    def _allowed(self, tokens: npt.NDArray[np.int64], logits: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        if not self._grammar:
            return tokens
        data = np.zeros(len(tokens), dtype=[("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
        data["id"], data["logit"] = tokens, logits[tokens]
        array = self._lib.llama_token_data_array(
            data=data.ctypes.data_as(self._lib.llama_token_data_p), size=len(tokens), selected=-1, sorted=False
        )
        self._lib.llama_sampler_apply(self._grammar, ctypes.byref(array))
        kept = data[: array.size]
        allowed: npt.NDArray[np.int64] = kept["id"][np.isfinite(kept["logit"])].astype(np.int64)
        return allowed

    def close(self) -> None:
        if self._grammar:
            self._lib.llama_sampler_free(self._grammar)
            self._grammar = None


def measure(file: Path) -> dict[str, object]:
    """Load ``file`` and generate a little: architecture and tokens per second.  For a throw-away process."""
    with LlamaModel(file, ModelIdentity(file.name, ""), context=1024) as model:
        text = "The quick brown fox jumps over the lazy dog. " * 24
        told = model.generate([Turn("user", text)], max_tokens=24)
        writing = told.seconds - (told.first_token_seconds if told.tokens else 0.0)
        return {
            "ok": True,
            "architecture": model.architecture,
            "chat_template": True,
            "wide_kernels": wide_kernels(),
            "prompt_tokens_per_second": round(told.prompt_tokens / told.first_token_seconds, 1),
            "tokens_per_second": round(max(told.tokens, 1) / writing, 1),
        }


def main(arguments: Sequence[str]) -> int:
    """``--probe [--wide] FILE``: print :func:`measure` as one JSON line, or the problem."""
    if "--wide" in arguments[:-1]:
        widen(wide_kernels())
    try:
        print(json.dumps(measure(Path(arguments[-1]))))
    except UserProblem as problem:
        limit = problem.details.get("limit")
        print(json.dumps({"ok": False, "key": problem.key, "error": problem.sentence(), "limit": limit}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
