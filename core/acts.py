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
from core.terms import is_chinese, normalise, stems, terms

# Stems that can say the same act, in contracts and on the ward; in several rows where a word has several senses.
SAME_ACT: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in """
    disclos reveal divulg share communic dissemin provid furnish suppli transmit deliv releas give hand declar
    access enter entri give disclos
    publish public announc advertis press
    acquir receiv receipt obtain gain learn collect procur purchas buy avail
    notif notic inform advis alert report tell
    retain keep hold maintain preserv store storag archiv
    destroy destruct eras delet dispos discard shred wipe
    return surrend redeliv restor back
    refund repay reimburs return
    copi reproduc duplic replic
    use usag utilis util employ exploit appli
    use contraind
    give contraind
    take contraind
    grant give confer licens award convey
    surviv continu remain persist
    remain forc valid
    effect forc valid
    termin end cancel expir rescind revok laps dismiss
    identif mark designat label specif indic
    solicit hire recruit entic induc poach employ
    work employ engag job
    develop creat generat design invent devis
    pay payabl remit remitt settl compens remuner
    bear pay
    repay instal
    assign transfer deleg novat convey pass vest
    sell vend dispos
    send transmit dispatch despatch ship deliv hand
    bring transport carri
    repair maintain restor fix
    remedi cure rectif repair correct
    indemnif indemn compens reimburs harmless
    liabl respons answer
    amend modif chang alter vari varia revis
    replac chang substitut supersed
    approv consent authoris author authorit permit allow agr
    reject refus declin
    elect choos appoint select nomin
    inspect examin audit review
    renew extend prolong
    compet competit
    revers decompil disassembl
    sue litig prosecut
    govern constru interpret appli cover
    complet finish
    begin commenc start initi
    stop discontinu ceas cessat withdraw withhold halt suspend interrupt
    prevent avoid
    vacat leav quit
    perform carri execut fulfil render
    discharg releas
    compli complianc observ follow adher abid obey
    cooper collabor togeth assist
    hold conven
    ensur warrant warranti guarante
    prove burden evid demonstr show establish
    document record note chart write
    decid determin resolv settl
    refer submit
    file lodg submit bring
    belong own properti
    accru charg
    ask request demand requir
    need requir
    exceed maximum above over more
    particip part join attend
    comput calcul
    clean cleans
    overse supervis
    administ administr inject infus give dose dosag
    prescrib recommend give
    contraind avoid
    drink fluid intak
    monitor measur check observ assess test
    reduc decreas lower diminish halv
    increas rais
    treat treatment manag therapi
    caus induc result produc
    """.strip().splitlines()
)
# Forms that no rule makes of the stem before them.
_FORM_LINES = """
    abstain abstent;bear bore born;begin began begun;bind bound;break broke broken;bring brought;buy bought;catch caught
    choos chose chosen choic;compli complianc;deal dealt;decid decis;deliv deliveri;draw drew drawn;drink drank drunk
    drive drove driven;eras erasur;explain explan;fall fell fallen;feed fed;find found;forbid forbad forbidden
    freez froze frozen;get got;give gave given;grow grew grown growth;hide hidden;hold held;keep kept;lay laid
    lead led;leav left;lend lent loan;licens licenc;lose lost loss;meet met;notif notifi;identif identifi;specif specifi
    rectif rectifi;indemnif indemnifi;modif modifi;occur occurr;overse oversaw overseen;pay paid payment
    prove proven proof;provid provis;reli relianc;refer referr;repay repaid;respons respond;retain retent
    rise rose risen;revok revoc;rescind resciss;seek sought;sell sold sale;send sent;serv servic;shake shook shaken
    show shown;sign signatur;speak spoke spoken;spend spent;steal stole stolen theft;strike struck;swear swore sworn
    take took taken;teach taught;tell told;throw threw thrown;undertak undertook undertaken;wear wore worn
    weigh weight;withdraw withdrew withdrawn;withhold withheld;write wrote written;maintain mainten
    liabl liabil;permit permiss;agr agre;extend extens;suspend suspens
    sublicens sublicenc;exclud exclus;includ inclus;conclud conclus;apologis apolog;repeat repetit;forfeit forfeitur
    reproduc reproduct;receiv recept;prescrib prescript;reduc reduct;resolv resolut;submit submiss;destroy destruct
"""
FORMS = {form: row.split()[0] for row in re.split(r"[;\n]", _FORM_LINES) for form in row.split()[1:]}
# What is left of a word when its stem is taken away, where it is still the same act: not "seller" of "sell".
_ENDINGS = frozenset(("", "e", "i", "y", "al", "ur", "ment", "ement", "ion"))
_DUTY = (
    r"shall|must|(?:agree|undertake|promise)s?(?: not)? to"
    r"|(?:is|are) (?:not |also |only )?(?:obliged|obligated|entitled|permitted|allowed|free) to"
)
_MODAL = re.compile(
    rf"\b(?:(?P<duty>{_DUTY})|(?P<who>[A-Za-z]+)\s+(?:(?:also |only )?may|(?:is|are) required to))\b", re.IGNORECASE
)
# Persons and offices, beside the sides of a bargain, whose "may" permits.
_OFFICES = frozenset(
    """
    nurse doctor physician surgeon pharmacist midwife prescriber carer clinician trustee executor guarantor shareholder
    director board court tribunal judge officer authority bank agency donor testator heir spouse guardian
    """.split()
)
_DEFINED = re.compile(r"\b(?:the|each|any|such|either|neither|no|an?)\s+(?:[A-Z]\w+\s+)*$")
_BEFORE_THE_ACT = frozenset(
    "not never always only also be been at least most all any times hereby then thereafter forthwith first either both"
    " and or to in by entitled permitted allowed required obliged obligated able free deemed considered regarded"
    " as".split()
)
# Verbs in "-ly", which otherwise ends an adverb.
_LY_VERBS = frozenset("apply supply comply rely reply imply multiply".split())
# These say nothing without what follows them: "make a copy", "have access".
_LIGHT = frozenset(
    "be have has had do does make made create give given take taken get cause let seek try enter carry put become"
    " engage".split()
)
# Of these the thing says the act only where it is one: "give notice" is, "give morphine" is not.
_HANDS_ON = frozenset("give given take taken".split())
_AN_ACT = re.compile(r"(?:\w{3,}(?:tion|sion|ment|ance|ence|al|ure)|notice|access|copy|use|receipt|care|part|effect)s?")
# What something is, or consists of, is not done by anybody.
_NO_ACT = frozenset(
    "include includes contain contains comprise composed consist mean equal amount last fall come due void".split()
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_ANY_WORD = re.compile(r"[^\W\d_][\w'’]*")  # ligatures among its letters, too
_REACH = 300  # characters behind "shall" in which its verb stands, asides and all
_CLAUSE_STOP = re.compile(r"[.;:]")
_BRACKETS = re.compile(r"\([^()]*\)")
_ASIDE = re.compile(r"^((?:\s*\b\w+\b){0,2}?)\s*,[^,]*,")  # "shall, if asked to, return"
# "shall at its own cost insure", "must within ten days return"
_LEAD_IN = re.compile(
    r"^\s*(?:not\s+)?(?:at|in|within|on|upon|during|without|under|with|for|after|before|no later than|each|every)\s+"
    r"(?:[\w'’]+\s+){0,4}?(?:costs?|expenses?|request|demand|notice|delay|option|discretion|events?|circumstances?|cases?"
    r"|times?|minutes?|hours?|days?|weeks?|months?|years?|mornings?|evenings?|nights?|term|period|care|diligence|faith"
    r"|risk|respects?|advance|turn)\b(?!\s+of\b),?",
    re.IGNORECASE,
)
# "shall refrain from selling", "shall have the right to sell", "shall use its best efforts to sell"
_SEEN_THROUGH = re.compile(
    r"^\s*(?:not\s+)?(?:(?:refrain|abstain|desist) from"
    r"|(?:cease|continue|begin|start|elect|attempt|endeavou?r|arrange|fail) to"
    r"|(?:be under|have) (?:\w+ ){0,3}?(?:right|duty|obligation|option|power|authority|discretion|liberty) to"
    r"|use (?:[\w,]+ ){1,5}(?:efforts|endeavou?rs) to)\b",
    re.IGNORECASE,
)
_DETERMINERS = frozenset("the a an any either neither each such this these those no its their".split())
# Words of acts in which nothing is done.
_NOISE = re.compile(
    r"\b(?:provided,?(?: however,?)? that|(?:as|otherwise|unless) (?:otherwise |expressly )*provided"
    r"|applicable (?:laws?|rules?|regulations?)|effective date)\b",
    re.IGNORECASE,
)
# A file of plain text keeps its line ends, and some keep the places where a word may be divided.
_BROKEN_WORD = re.compile(r"\u00ad|(?<=[a-z])-\n(?=[a-z])")
_BEING_INSURED = re.compile(r"\b(?:is|are|be|been|being) insured\b", re.IGNORECASE)
_ENDS_THE_THING = frozenset("of to for in on by with from at under upon if unless when that which and or".split())
_AN_EXCEPTION = re.compile(r"\W*(?:but|except|unless|other than|without|if|provided|save)\b", re.IGNORECASE)


def act_missing(claim: str, source: str) -> bool:
    """Whether ``claim`` says that somebody may or must do, or not do, what ``source`` has no word for."""
    if is_chinese(claim) or is_chinese(source):
        return False
    return any(not places for places in _places(claim, _BROKEN_WORD.sub("", source)))


def act_denied(claim: str, source: str) -> bool:
    """Whether ``claim`` says that somebody may or must do what ``source`` forbids wherever it speaks of it.

    What is forbidden but for an exception is not forbidden.
    """
    if is_chinese(claim) or is_chinese(source) or denies(claim):
        return False
    source = _BROKEN_WORD.sub("", source)
    forbidden = [(a, b) for a, b in denied(source, claim) if not _AN_EXCEPTION.match(source, b)]
    return any(
        places and all(any(a <= place < b for a, b in forbidden) for place in places)
        for places in _places(claim, source)
    )


def _places(claim: str, source: str) -> Iterator[list[int]]:
    """For each act of ``claim``, where ``source`` speaks of it."""
    acts = dict.fromkeys(tuple(act) for act in _acts(claim))
    text = _NOISE.sub(lambda match: " " * len(match[0]), source)
    insured = [match.end() for match in _BEING_INSURED.finditer(text)]
    said = [
        (word.start(), "".join(stems(word[0])))
        for word in _ANY_WORD.finditer(text)
        # A seller is no sale, and what the employer owes is no employment.
        if not is_party(word[0]) or word.end() in insured
    ]
    for act in acts:
        yield [place for place, stem in said if any(_speaks_of(word, stem) for word in act)]


def _acts(claim: str) -> Iterator[Sequence[str]]:
    """The words of ``claim`` after each "shall", "must" or permitting "may", any of which says the act."""
    for match in _MODAL.finditer(claim):
        if not match["duty"] and not _permits(claim, match):
            continue
        clause = _CLAUSE_STOP.split(claim[match.end() : match.end() + _REACH])[0]
        clause = _ASIDE.sub(r"\1", _BRACKETS.sub(" ", clause))
        words = _from_the_verb(_without_a_subject(_to_the_verb(clause)))
        if words[:1] and words[0] in _LIGHT:
            thing = [word for word in takewhile(lambda w: w not in _ENDS_THE_THING, words[1:]) if terms(word)][-1:]
            hands_on = words[0] in _HANDS_ON and not any(_AN_ACT.fullmatch(word) for word in thing)
            words = words[:1] if hands_on else thing
        act = words[:1]
        while len(words) > 2 and words[1] in ("or", "and"):
            if words[1] == "and" and act:
                yield act
                act = []
            words = words[2:]
            act = [*act, words[0]]
        if act and not _NO_ACT.issuperset(act):
            yield act


def _to_the_verb(clause: str) -> list[str]:
    """The words of ``clause`` without what leads to its verb."""
    before = ""
    while before != clause:
        before = clause
        clause = _SEEN_THROUGH.sub("", _LEAD_IN.sub("", clause))
    return _WORD.findall(clause)


def _without_a_subject(words: list[str]) -> list[str]:
    """``words`` from behind the subject, where that follows the modal: "in no event shall the Seller be liable"."""
    front = words[:4]
    if not front or not (front[0].lower() in _DETERMINERS or is_party(front[0])):
        return words
    party = next((at for at, word in enumerate(front) if is_party(word)), 1 if front[0].lower() in _DETERMINERS else 0)
    return words[party + 1 :]


def _from_the_verb(words: Sequence[str]) -> list[str]:
    def leads_to_it(word: str) -> bool:
        adverb = word.endswith("ly") and word not in _LY_VERBS
        return word in _BEFORE_THE_ACT or adverb or (word not in _LIGHT and not terms(word))

    return list(dropwhile(leads_to_it, (word.lower() for word in words)))


def _permits(claim: str, match: re.Match[str]) -> bool:
    """Whether "may" permits and "required" obliges: they do with a party, an office or a defined term before them.

    Of a symptom "may" says that it is possible, of a tool "required" that it is needed.
    """
    who = match["who"]
    defined = who[0].isupper() and not who[1:2].isupper() and _DEFINED.search(claim[: match.start()])
    return is_party(who) or who.lower().removesuffix("s") in _OFFICES or bool(defined)


def _speaks_of(word: str, stem: str) -> bool:
    """Whether ``stem`` is of ``word``, or of a word that can say the same."""
    return any(_of(stem, says) for says in _saying(word))


@lru_cache(maxsize=4096)
def _saying(word: str) -> frozenset[str]:
    stem = "".join(stems(word)) or normalise(word)
    stem = FORMS.get(stem, stem)
    return frozenset({stem}.union(*(row for row in SAME_ACT if any(_of(stem, says) for says in row))))


def _of(stem: str, says: str) -> bool:
    stem = FORMS.get(stem, stem)
    return stem.startswith(says) and stem[len(says) :] in _ENDINGS
