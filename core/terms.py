"""Text -> index terms, the same for passages and questions, English and Chinese.

English words are lower-cased, stop words left out, and stemmed with Snowball
(Porter2).  Runs of Chinese characters become overlapping character bigrams,
which find a word inside any sentence without a dictionary.  Numbers stay whole
("3.5", "1,000" -> "1000"), so that a figure is matched exactly.  What passages
are found by has the single characters too (index_terms, search_terms).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from snowballstemmer import stemmer

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_HAN}]+|\d+(?:[.,]\d+)*|[^\W\d_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)*")

_RUN = re.compile(rf"[{_HAN}]{{2,}}")

_STOP = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each either few for from
    further had has have having he her here hers him his how i if in into is it its itself just me
    more most my no nor not of off on once only or other our out over own same she should so some
    such than that the their them then there these they this those through to too under until up
    upon us very was we were what when where which while who whom whose why will with would you your
    yours shall may must s t
    """.split()
)
# Words a question is asked with; they say nothing about where the answer stands.
_ASKING = re.compile(
    "请问|您好|你好|什么是|是什么|什么|怎么样|怎么办|怎么|怎样|如何|为什么|哪些|哪个|哪里|哪种|多少|多久|几个|是否|能否|可否|能不能|可不可以|可以吗|"
    "有没有|是不是|应该|应当|可以|需要|吗|呢|吧|么|谁|我们|我|你|您"
)


_DIGITS = "零一二三四五六七八九"
_ARTICLE = re.compile(r"第([〇零一二两三四五六七八九十百千]+|\d+(?:\.\d+)*)[条條](之[一二三四五六七八九十])?")
_CLAUSE = re.compile(
    r"(?:\b(?:sections?|clauses?|articles?|paragraphs?|sec\.|art\.|para\.)|§+)\s*(\d+(?:\.\d+)*)((?:\([a-z0-9]{1,5}\))*)"
)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return str(stemmer("english").stemWord(word))


def normalise(text: str) -> str:
    """``text`` in compatibility form (NFKC), lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def is_chinese(text: str) -> bool:
    """Whether ``text`` is written mainly in Chinese characters."""
    han = len(re.findall(f"[{_HAN}]", text))
    latin = len(re.findall(r"[A-Za-z]+", text))
    return han > latin


def terms(text: str) -> list[str]:
    """The index terms of ``text`` in order, repeats kept; no term holds white space."""
    found: list[str] = []
    for token in _TOKEN.findall(normalise(text)):
        if re.match(f"[{_HAN}]", token):
            found += [token[i : i + 2] for i in range(len(token) - 1)] or [token]
        elif token[0].isdigit():
            found.append(token.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", token) else token)
        else:
            word = token.replace("’", "'").removesuffix("'s")
            if word not in _STOP:
                found.append(_stem(word))
    return found


def index_terms(text: str) -> list[str]:
    """What a passage is found by: its terms, and the single characters of Chinese words.

    Two ways to say a thing often share characters but no pair of them: 抚养费 and 抚育.
    """
    return terms(text) + _characters(text)


def _characters(text: str) -> list[str]:
    return [character for run in _RUN.findall(normalise(text)) for character in run]


def stems(text: str) -> list[str]:
    """The English words of ``text`` in order, stemmed, stop words kept."""
    return [
        _stem(word.removesuffix("'s")) for word in re.findall(r"[a-z]+(?:'[a-z]+)*", normalise(text).replace("’", "'"))
    ]


def question_terms(question: str) -> list[str]:
    """The distinct terms of a question, without the words that only ask."""
    return list(dict.fromkeys(terms(_kept(question))))


def search_terms(question: str) -> list[str]:
    """The distinct terms by which passages are looked for: those of :func:`question_terms` and single characters.

    Where English words stand in a Chinese question they name what is looked for, and a dozen characters would
    outweigh them: then only terms count.
    """
    kept = _kept(question)
    found = terms(kept)
    mixed = any(term[0].isascii() and not term[0].isdigit() for term in found)
    return list(dict.fromkeys(found if mixed else found + _characters(kept)))


def _kept(question: str) -> str:
    """``question`` without the words that only ask, unless it has no others."""
    kept = _ASKING.sub(" ", normalise(question))
    return kept if terms(kept) else question


def clause_numbers(question: str) -> tuple[str, ...]:
    """The articles and clauses that ``question`` names, as passages are numbered: "第四十条", "7.3(b)", "12".

    A whole number is given in both ways, for who asks does not always write as the document does.
    """
    found: list[str] = []
    text = normalise(question)
    for number, further in _ARTICLE.findall(text):
        if number[0].isdigit():
            found += [number, *([f"第{_in_chinese(int(number))}条{further}"] if number.isdigit() else [])]
        else:
            found.append(f"第{number}条{further}")
    for number, part in _CLAUSE.findall(text):
        found += [number + part, *([f"第{_in_chinese(int(number))}条"] if number.isdigit() and not part else [])]
    return tuple(dict.fromkeys(found))


def _in_chinese(number: int) -> str:
    """``number`` below 10,000 as statutes count: 一百零五."""
    if not 0 < number < 10_000:
        return str(number)
    said, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + unit
        gap = not digit
    return said.removeprefix("一") if said.startswith("一十") else said
