"""What one may or must do: a sentence about an act stands only on a passage that speaks of the act.  Pure rules.

Two sentences about the same parties and the same things are near in meaning whatever is done with them: "shall
not reverse engineer the information" is near to every passage about that information.  So the word that says what
is done must be there, in some form, or another that says the same.  English only: nearness in meaning counts for
nothing in Chinese (core.verifying), where four words in five must be the passage's own anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import dropwhile, takewhile

from core.senses import denied, denies, is_party
from core.terms import is_chinese, stems, terms

# Stems that can say the same act, in contracts and on the ward; in several rows where a word has several senses.
_SAME_ACT: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in """
    disclos reveal divulg share communic dissemin provid provis furnish suppli transmit deliver releas give given access
    publish public announc advertis press
    acquir receiv receipt obtain gain learn collect procur purchas buy bought avail
    notif notifi notic inform advis alert report tell told
    retain retent keep kept hold held maintain mainten preserv store storag archiv
    destroy destruct eras erasur delet dispos discard shred
    return give given surrend redeliv restor back
    refund repay repaid reimburs return
    copi reproduc reproduct duplic replic
    use usag utilis util employ exploit appli applic
    grant give given confer licens licenc award convey
    surviv continu remain persist
    remain forc valid effect
    termin end cancel expir rescind resciss revok revoc
    identif identifi mark design designat label specif specifi indic
    solicit hire recruit entic induc poach employ
    work employ engag job
    develop creat generat design invent devis
    pay paid payment payabl remit remitt settl compens
    bear born pay paid payment expens
    repay repaid instal
    assign transfer deleg novat convey
    sell sold sale vend dispos
    send sent transmit dispatch despatch ship deliv deliveri
    repair maintain mainten restor fix
    remedi cure rectif rectifi repair correct
    indemnif indemnifi indemn compens reimburs harmless
    liabl liabil respons answer
    amend modif modifi chang alter vari varia revis
    approv consent authoris author authorit permit permiss allow agre agr
    reject refus declin
    elect choos chosen vote appoint select nomin
    inspect examin audit review
    renew extend extens prolong
    compet competit
    revers decompil disassembl
    sue litig prosecut
    govern constru interpret
    begin began begun commenc start initi
    stop discontinu cea cessat withdraw withdrawn withhold withheld halt suspend suspens interrupt
    prevent avoid protect
    vacat leav left quit
    perform carri execut fulfil discharg render
    cooper collabor togeth assist
    hold held conven
    ensur warrant warranti guarante
    prove proof burden evid demonstr show shown
    document record note chart write written
    administ administr inject infus give given dose dosag take taken
    prescrib prescript recommend give given
    contraind avoid
    monitor measur check observ assess test
    reduc reduct decreas lower diminish halv
    increas rai
    treat treatment manag therapi
    caus induc result produc
    """.strip().splitlines()
)
# What is left of a word when its stem is taken away, where it is still the same act: not "seller" of "sell".
_ENDINGS = frozenset(("", "e", "i", "y", "al", "ur", "ment", "ion"))
_DUTY = (
    r"shall|must|(?:agree|undertake|promise)s? to|(?:is|are) (?:obliged|obligated|entitled|permitted|allowed|free) to"
)
_MODAL = re.compile(
    rf"\b(?:(?P<duty>{_DUTY})|(?P<who>[A-Za-z]+)\s+(?:(?:also |only )?may|(?:is|are) required to))\b", re.IGNORECASE
)
_BEFORE_THE_ACT = frozenset(
    "not never only also be been at least most all any times hereby then thereafter first either both and or to in by"
    " entitled permitted allowed required obliged obligated able free deemed considered regarded as".split()
)
# These say nothing without what follows them: "make a copy", "have access".
_LIGHT = frozenset(
    "be have has had do does make made create give given take taken get cause let seek try attempt continue enter carry"
    " put become engage".split()
)
# What something consists of is not done by anybody.
_NO_ACT = frozenset("include includes contain contains comprise consist mean".split())
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_ASIDE = re.compile(r"^((?:\s*\b\w+\b){0,2}?)\s*,[^,]*,")  # "shall, if asked to, return"
_REACH = 300  # characters behind "shall" in which its verb stands, asides and all
_CLAUSE_STOP = re.compile(r"[.;:]")
_PROVIDED = re.compile(r"\bprovided,?(?: however,?)? that\b", re.IGNORECASE)
_AN_EXCEPTION = re.compile(r"\W*(?:but|except|unless|other than|without|if|provided|save)\b", re.IGNORECASE)
_ENDS_THE_THING = frozenset("of to for in on by with from at under upon if unless when that which and or".split())
_A_RIGHT = frozenset("right rights duty obligation option power".split())


def act_missing(claim: str, source: str) -> bool:
    """Whether ``claim`` says that somebody may or must do, or not do, what ``source`` has no word for."""
    if is_chinese(claim) or is_chinese(source):
        return False
    return any(not places for places in _places(claim, source))


def act_denied(claim: str, source: str) -> bool:
    """Whether ``claim`` says that somebody may or must do what ``source`` forbids wherever it speaks of it.

    What is forbidden but for an exception is not forbidden.
    """
    if is_chinese(claim) or is_chinese(source) or denies(claim):
        return False
    forbidden = [(a, b) for a, b in denied(source, claim) if not _AN_EXCEPTION.match(source, b)]
    return any(
        places and all(any(a <= place < b for a, b in forbidden) for place in places)
        for places in _places(claim, source)
    )


def _places(claim: str, source: str) -> Iterator[list[int]]:
    """For each act of ``claim``, where ``source`` speaks of it."""
    acts = dict.fromkeys(tuple(act) for act in _acts(claim))
    # A seller is no sale, and what the employer owes is no employment.
    text = _PROVIDED.sub(lambda match: " " * len(match[0]), source)
    said = [(word.start(), "".join(stems(word[0]))) for word in _WORD.finditer(text) if not is_party(word[0])]
    for act in acts:
        yield [place for place, stem in said if any(_speaks_of(word, stem) for word in act)]


def _acts(claim: str) -> Iterator[Sequence[str]]:
    """The words of ``claim`` after each "shall", "must" or permitting "may", any of which says the act."""
    for match in _MODAL.finditer(claim):
        if not match["duty"] and not _permits(claim, match):
            continue
        clause = _ASIDE.sub(r"\1", _CLAUSE_STOP.split(claim[match.end() : match.end() + _REACH])[0])
        words = _from_the_verb([word.lower() for word in _WORD.findall(clause)])
        if words[:1] and words[0] in _LIGHT:
            thing = list(takewhile(lambda word: word not in _ENDS_THE_THING, words[1:]))
            after = words[1 + len(thing) :]
            words = _from_the_verb(after) if _A_RIGHT.intersection(thing) and after[:1] == ["to"] else []
            act = words[:1] or [word for word in thing if terms(word)][-1:]
        else:
            act = words[:1]
        while len(words) > 2 and words[1] in ("or", "and"):
            words = words[2:]
            act.append(words[0])
        if act and not _NO_ACT.issuperset(act):
            yield act


def _from_the_verb(words: list[str]) -> list[str]:
    def leads_to_it(word: str) -> bool:
        return word in _BEFORE_THE_ACT or word.endswith("ly") or (word not in _LIGHT and not terms(word))

    return list(dropwhile(leads_to_it, words))


def _permits(claim: str, match: re.Match[str]) -> bool:
    """Whether "may" permits and "required" obliges: they do with a party or a defined term before them.

    Of a symptom "may" says that it is possible, of a tool "required" that it is needed.
    """
    who = match["who"]
    opening = not claim[: match.start()].strip() or claim[: match.start()].rstrip().endswith((".", "!", "?"))
    return is_party(who) or (who[0].isupper() and not opening)


def _speaks_of(word: str, stem: str) -> bool:
    """Whether ``stem`` is of ``word``, or of a word that can say the same."""
    return any(_of(stem, says) for says in _saying(word))


@lru_cache(maxsize=4096)
def _saying(word: str) -> frozenset[str]:
    stem = "".join(stems(word)) or word
    return frozenset({stem}.union(*(row for row in _SAME_ACT if any(_of(stem, says) for says in row))))


def _of(stem: str, says: str) -> bool:
    return stem.startswith(says) and stem[len(says) :] in _ENDINGS
