# ruff: noqa: RUF001  # words of several scripts are the subject of this file
"""Negation: whether a sentence says that something is not so, in the languages that are translated.

Two questions, because a translation may deny in another way than its source: ``denies`` finds what can
hardly be anything else (*n't*, *kein*, لم, *-medi*), ``may_deny`` also what denies in some places (*refused*,
*unknown*, ما, *-siz*). What only looks like a denial (لا يزال, *sans doute*, *nicht wahr?*) is put aside first.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.folding import fold
from pipeline.core.sentences import sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signs:
    """The signs of one language, over its plain text; ``aside`` are words that deny nothing."""

    sure: re.Pattern[str]
    perhaps: re.Pattern[str]
    aside: re.Pattern[str] | None = None


def known(language: str) -> bool:
    """Tell whether the denials of a language are known here."""
    return language in _SIGNS


def denies(text: str, language: str) -> str | None:
    """Return the first word that surely denies; ``None`` where there is none, or nobody knows."""
    signs = _SIGNS.get(language)
    found = signs.sure.search(_plain(text, language, signs)) if signs else None
    return found.group().strip() if found else None


def may_deny(text: str, language: str) -> bool:
    """Tell whether anything in a text may deny; true for a language that nobody knows."""
    signs = _SIGNS.get(language)
    if signs is None:
        return True
    plain = _plain(text, language, signs)
    return bool(signs.sure.search(plain) or signs.perhaps.search(plain))


def compared(source: str, text: str, language: str, target: str) -> tuple[str, ...]:
    """Return the denials that only the source (``-word``) or only its translation (``+word``) has.

    Sentence by sentence where there are as many, else as a whole.
    """
    pieces = [(source, text)]
    mine, theirs = sentences(source), sentences(text)
    if len(mine) == len(theirs):
        pieces = [(one.text, other.text) for one, other in zip(mine, theirs, strict=True)]
    found: list[str] = []
    for one, other in pieces:
        lost, added = denies(one, language), denies(other, target)
        if lost and not may_deny(other, target):
            found.append(f"-{lost}")
        if added and not may_deny(one, language):
            found.append(f"+{added}")
    return tuple(dict.fromkeys(found))


def _plain(text: str, language: str, signs: _Signs) -> str:
    """Write what readers take for the same in one way, and leave out what denies nothing."""
    if language in _ARABIC_SCRIPT:
        plain = " ".join(fold(one) for one in text.split())
    else:
        plain = unicodedata.normalize("NFC", text.replace("İ", "i").replace("’", "'").casefold())
    return signs.aside.sub(" ", plain) if signs.aside else plain


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=lambda one: (-len(one), one)))


def _arabic(words: str) -> str:
    """Return the words, two parted by an underscore where they stand together, as folding spells them."""
    return _either(" ".join(fold(part) for part in one.split("_")) for one in words.split())


_ARABIC_SCRIPT = frozenset({"ar", "ckb"})

_ENGLISH = _Signs(
    sure=re.compile(
        r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|without)\b|n't\b"
        r"|\b(?:do|does|did|is|are|was|were|ca|could|would|wo|should|has|have|had|must)nt\b"
    ),
    perhaps=re.compile(
        r"\b(?:hardly|barely|scarcely|seldom|rarely|unless|except|instead|rather than|unable|impossible|lack\w*"
        r"|fail\w*|refus\w+|den(?:y|ies|ied|ial|ying)|absen\w+|missing|stop(?:ped|s)?|ceas\w+|prevent\w*|avoid\w*"
        r"|forbid\w*|forbade|prohibit\w*|bann?ed|reject\w*|other than|otherwise|abnormal|extraordinary"
        r"|deactivated|free (?:of|from)|away from|neglect\w*|non\w*"
        r"|un(?!der|til|it|ion|ique|ivers|cle|animous)\w{3,}|dis(?!trict|tan|cuss|play|ease|h\b|aster|patch|tribut)\w{4,}"
        r"|in(?:ability|access|accurat|active|adequat|capab|complet|correct|defin|effect|evitab|excus|human|secur"
        r"|suffic|toler|valid|visib|offensiv|direct|formal|dispens|disput)\w*|im(?:mobil|perfect|prop|prob|moral|patien)\w*"
        r"|ir(?:regular|relevan|replac|respons)\w*|il(?:legal|legib|legitim|literat|logic)\w*|\w{2,}less(?:ly|ness)?)\b"
    ),
    aside=re.compile(r"\bno doubt\b|\bno\. ?(?=\d)|\b(?:whether )?or not\b|,\s*\w+n't \w+\s*\?|\bwhy not\b"),
)

_FRENCH = _Signs(
    sure=re.compile(
        r"\b(?:ne |n')(?:\S+ ){0,5}?(?:pas|jamais|rien|personne|aucune?|plus|guère|point|ni|nulle?)\b"
        r"|(?<!\bun )(?<!\ble )(?<!\bles )(?<!\bdes )(?<!\bses )(?<!\bde )(?<!\bau )(?<!\bà )\bpas\b(?!-)"
        r"|\b(?:aucune?|sans|nul ne|non)\b(?!-)|^jamais\b"
    ),
    perhaps=re.compile(
        r"\b(?:ne|n'|ni|jamais|rien|personne|plus|point|guère|nulle?|non|peu|faute|manqu\w+|refus\w+|ni(?:e|er|ait|a)"
        r"|démen\w+|interdi\w+|empêch\w+|évit\w+|cess\w+|arrêt\w+|impossib\w+|défense|absen\w+|hors|sauf|dépourvu\w*"
        r"|(?:in|im|ir|il|dé|dés|mé|mal)\w{4,})"
    ),
    aside=re.compile(
        r"\bsans (?:doute|cesse|arrêt|délai|tarder|précédent)\b|\bn'est-ce pas\b|\bpourquoi pas\b|\bpas mal\b"
        r"|\bnon plus\b|\b(?:ne |n')(?:\S+ ){1,3}?que\b|\bsi jamais\b|\bou (?:non|pas)\b"
    ),
)

_GERMAN = _Signs(
    sure=re.compile(
        r"\b(?:nicht|kein(?:e[rnms]?)?|keinerlei|nie|niemals|niemand(?:em|en)?|nichts|nirgend\w*|ohne|weder|nein)\b"
    ),
    perhaps=re.compile(
        r"\b(?:kaum|selten|statt|anstatt|außer|weiger\w*|verweiger\w*|leugn\w*|bestreit\w*|bestritt\w*|fehl\w*|verbiet\w*"
        r"|verbot\w*|verhinder\w*|vermeid\w*|mangel\w*|un(?!d\b|s\b|ser|ter|gef|iver|ion)\w{3,}|nicht\w*|\w{3,}los(?:e[rnms]?)?"
        r"|miss\w{3,}|aufgehör\w*|ablehn\w*|abgelehn\w*|weg|leer)\b"
    ),
    aside=re.compile(r"\bnicht wahr\b|\boder nicht\b|\bohne zweifel\b|\bwarum nicht\b"),
)

_TURKISH_A, _TURKISH_I = "[ae]", "[ıiuü]"
_TURKISH = _Signs(
    sure=re.compile(
        r"\b(?:değil\w*|yok|yoktur?|yoktu|yokmuş|hayır|asla|hiçbir\w*|hiç kimse\w*)\b"
        rf"|\b\w{{2,}}m(?:{_TURKISH_I}yor|adı|edi|adi(?=m\b|k\b|n\b|ler\b)|{_TURKISH_A}m[ıi]ş|{_TURKISH_A}y{_TURKISH_A}c{_TURKISH_A}[kğ]"
        rf"|{_TURKISH_A}y{_TURKISH_A}n)\w*|\b\w{{2,}}m[ae]z\w*|\bne \S+(?: \S+)? ne(?: de)?\b"
    ),
    perhaps=re.compile(
        rf"\b(?:hiç|ne|yok\w*|zor|az|reddet\w*|inkar|yasak\w*|engel\w*|eksik\w*|durdu\w*|\w+s[ıiuü]z\w*|\w+m{_TURKISH_A}z\w*"
        rf"|\w+m{_TURKISH_A}d[ae]n|\w+m{_TURKISH_A}\w*|dışında|hariç|başka|yerine|önle\w*|kaçın\w*)\b"
    ),
    aside=re.compile(
        r"\bdeğil mi\b|\byoksa\b|\b(?:namaz|yılmaz|korkmaz|solmaz|sönmez|dönmez|durmaz|kaçmaz|ölmez)\b(?:'?\w*)"
        r"|\b\w+r \w+m[ae]z\b"
    ),
)

_KURMANJI_VERBS = """
    ki kî ke ken kar zan xwaz çe çi çû be bi bû bî bîn bêj de di da dan dît yê yên ye hat hêl hêşt mîn ma gihîj gihîşt
    got kir kuşt xwest zanî girt gir xwar xw axiv axaf bihîs
"""
_KURMANJI_ENDINGS = "m î e n in im ye ne t iye ine bû bûn bûye a yî ên ê kir kirin kiriye"
_KURMANJI = _Signs(
    sure=re.compile(
        r"\b(?:ne|na|no|nexêr|nîn\w*|tune\w*|qet|hîç\w*|t[ui] (?:kes|tişt|car|cih)\w*|bêyî|nikar\w*|nizan\w*)\b"
        rf"|\b(?:na|ne|me)(?:{_either(_KURMANJI_VERBS.split())})(?:{_either(_KURMANJI_ENDINGS.split())})?\b"
    ),
    perhaps=re.compile(r"\b(?:bê\w*|ti|tu|kes|n[aei]\w+|me\w+|bil[aî]|ji bilî|qedexe\w*|red\w*|înkar\w*)\b"),
    aside=re.compile(r"\ban (?:na|ne)\b|\bbê guman\b"),
)

_ARABIC_NOT = "لا لم لن ليس ليست ليسوا ليسا لسن لست لسنا لستم"
_ARABIC_NO = "مش مو موش مافي مافيه ماكو ماحدا ماعاد بلا وبلا بدون بلاش من_دون دون_ان دون_أي غير"
_ARABIC_AFTER_MA = """
    في فيه فيها فيهم حدا حد عاد عاش رح راح كان كانوا كانت عندي عنده عندها عنا عندنا عندهم عندك الي اله الها بدي بده
    بدها بدنا بدهم بدك بعرف بيعرف بتعرف منعرف بقدر بيقدر منقدر قدر قدرنا قدرت شفت شفنا شاف بصير بيصير صار
"""
"""What makes a denial of ما in Syrian speech; before other words it is as often *what*."""
_ARABIC_PERHAPS = "ما ماذا دون الا سوى لولا لو كلا أبدا مستحيل يستحيل بعيد نادر نادرا قلما"
_ARABIC_DENYING = """
    رفض ترفض يرفض نفى ينفي نفت أنكر ينكر فشل يفشل منع يمنع ممنوع حظر عجز يعجز غياب انعدام خالي خلو نقص توقف كف
    انقطاع انقطع تجنب
"""
_ARABIC_STILL = """
    لا_يزال لا_تزال لا_يزالون لا_زال لا_زالت لا_زالوا ما_زال ما_زالت ما_زالوا ما_يزال ما_تزال لم_يزل لم_تزل لا_سيما
    لاسيما لا_بد لابد لا_شك بلا_شك لا_محالة ام_لا غير_أن غير_أنه غير_أنها لا_غير
"""
_ARABIC = _Signs(
    sure=re.compile(
        rf"(?<!\w)(?:[وف]?(?:{_arabic(_ARABIC_NOT)})|{_arabic(_ARABIC_NO)}|[وبلف]?{_arabic('عدم')}"
        rf"|[وف]?ما (?:{_arabic(_ARABIC_AFTER_MA)}))(?!\w)"
    ),
    perhaps=re.compile(rf"(?<!\w)[وفبل]?(?:{_arabic(_ARABIC_PERHAPS)}|(?:ال)?(?:{_arabic(_ARABIC_DENYING)})\w*)(?!\w)"),
    aside=re.compile(
        rf"(?<!\w)[وف]?(?:{_arabic(_ARABIC_STILL)}"
        rf"|(?:{_arabic('لا لم لن ليس ليست ما')})(?: \w+){{1,6}}? {_arabic('الا')})(?!\w)"
    ),
)

_SORANI_NOT = "نە نا نەخێر نییە نیە نیین نین نیم نیت نەک هەرگیز هیچ هیچکەس بەبێ مەکە مەکەن مەچن مەچۆ مەترسە مەڵێ"
_SORANI_VERBS = """
    زان توان کا کەم کەیت کەین کەن کرێ کرا کرد کەو بێت بێ بن بم بیت بین بوو چێت چن چم چوو چێ یەت یەن یەم هات گات گەن
    گەیشت هێڵ هێشت مێن ما دات دەن دەم درێ دا خوا خۆ خوارد بینی بیست نووس کوژ گوت وت ڵێ گر گیر ناس ەوێت زانی ترس
"""
_SORANI_OTHERS = "نەتەوە نەخۆش نەخشە نەوت نەوە نەرم نەهێنی ناوچە ناوەند ناوخۆ ناسنامە نامەکە نامەی نامەیەک"
"""Words that only begin like a denial: nation, ill, map, oil, letter …"""
_SORANI = _Signs(
    sure=re.compile(
        rf"(?<!\w)(?:و?(?:{_arabic(_SORANI_NOT)})"
        rf"|و?(?:نا|نه)(?:{_arabic('م ت ی مان تان یان')})?(?:{_arabic(_SORANI_VERBS)})\w{{0,6}})(?!\w)"
    ),
    perhaps=re.compile(
        rf"(?<!\w)(?:{_arabic('بێ جگە تەنها')}|(?:نا|نه|مه|بي)\w+|{_arabic('ڕەت رەت قەدەغە')}\w*)(?!\w)"
    ),
    aside=re.compile(rf"(?<!\w)(?:{_arabic(_SORANI_OTHERS)})\w*|(?<!\w)(?:{_arabic('نەک_تەنها بێ_گومان')})(?!\w)"),
)

_SIGNS = {
    "en": _ENGLISH, "fr": _FRENCH, "de": _GERMAN, "tr": _TURKISH, "kmr": _KURMANJI, "ar": _ARABIC, "ckb": _SORANI,
}  # fmt: skip
