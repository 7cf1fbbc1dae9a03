"""Place words: what stands beside names of places in seven languages, and what only looks like one."""

# ruff: noqa: RUF001, E501  # letters of several scripts; tables read by line

from pipeline.core.folding import fold

_KINDS = """
city town village governorate province district neighbourhood neighborhood camp countryside municipality suburb county region capital
ville village province gouvernorat district quartier camp commune région capitale banlieue
stadt dorf provinz gouvernement bezirk viertel lager gemeinde region hauptstadt kleinstadt ortschaft stadtteil vorort
kenti şehri ili ilçesi köyü kasabası beldesi mahallesi vilayeti kampı merkezi kırsalı şehrinin kentinin köyünün ilçesinin kentinde şehrinde köyünde ilçesinde kasabasında kentine şehrine köyüne kentinden şehrinden köyünden
bajarê bajar gundê gund bajarokê parêzgeha parêzgehê navçeya navçe herêma kampa taxa gundewarê
مدينة بمدينة لمدينة ومدينة قرية بقرية لقرية وقرية بلدة ببلدة لبلدة وبلدة محافظة بمحافظة لمحافظة ريف بريف لريف وريف مخيم بمخيم لمخيم ناحية بناحية منطقة بمنطقة لمنطقة ضاحية قضاء العاصمة حي بحي لحي ضيعة معبر بلدات
شاری شار شارۆچکەی گوندی گوند پارێزگای پارێزگا ناوچەی قەزای قەزا ناحیەی کەمپی گەڕەکی دێی لادێی
"""
_AFTER = """
city town village governorate province district camp countryside county municipality
kenti şehri ili ilçesi köyü kasabası beldesi mahallesi vilayeti kampı kırsalı kentinde şehrinde köyünde ilçesinde kentine şehrine köyüne kentinden şehrinden köyünden kentinin şehrinin köyünün ilçesinin
"""
_LINKS = """of the de du des d la le von vun in ya"""
_PREPOSITIONS = """
in at near from to around toward towards outside inside into via between through reached leaving left
à vers près depuis dans en sur jusqu pour entre
bei nach aus von zwischen um richtung nahe
li ji bo ber nêzîkî heta nav
في من الى إلى قرب عند بين باتجاه نحو غرب شرق شمال جنوب شمالي جنوبي شرقي غربي وسط داخل خارج حتى عن بريف وفي ومن
لە بۆ نزیک نێوان بەرەو ناو دەوروبەری تا
"""
_TITLES = """
mr mrs ms miss dr sir lady lord saint king queen president general captain colonel uncle aunt prince princess señor
monsieur madame mme mlle docteur président général capitaine saint sainte
herr frau doktor präsident general hauptmann
bay bayan sayın doktor başkan
السيد السيدة الدكتور الشيخ الحاج الاستاذ الأستاذ الرئيس العقيد الملازم ابو أبو ام أم ابن بنت عبد
birêz xanim mamoste doktor
بەڕێز مامۆستا دکتۆر کاک خاتوو
"""
# Words of every day that are also names of settlements. Alone they are no place, whatever its size.
_COMMON = {
    "en": """
        name schema scheme record apex bone okay line range source place dry run nice reading of man mobile bath split orange
        university hospital airport station museum street square bridge prison school market road hotel embassy court stadium
        church garage barn van batman bar can may march april june july august monday friday sunday january enterprise
        independence liberty union hope home eden salem normal best most same both central white black brown green gray grey
        young long short little big new old north south east west price eagle fish lake rock spring water hill bend beach
        cross story read red brush garden grove high police deal rugby derby sandwich battle hull rye wells ware eye street
        diss much many some bury barking florence victoria georgia lincoln chester adams
    """,
    "fr": """
        champ port tâche tête seul nouvelle un une les des du sur par pour mais mai mars tours angers lens orange son sens nord
        est sud ouest arc gap foix dole aube agen albi bois grasse pau nice source place florence vincent
    """,
    "de": """
        das des den der die dem un auch mit ist was wie alle alles gute jahr herr tor tal weg haus welt zeit leben tag nacht
        morgen licht essen hamm halle celle hof singen bergen hagen baden bad buch wald berg stein burg linden worms regen
        schema bar
    """,
    "tr": """
        dizi kabul varsa alan alanı dil dili dilli tür sarı eğer sağ sağa koni tane mor türk anda kaynak pin batman ordu of bor
        muş kars can biga dir kan su al ana bala baba anne kaya dal gül nur ay gün yol dağ deniz ada orta yeni eski büyük
        küçük ev iş el göl
    """,
    "kmr": "wêne wêneyê rast pest kirin dualî gamma ser dest nan av roj şev dar mal gul kur ba bin berî",
    "ar": """
        مشهد هوية هويّة روم ورقة رقة لسان كائن امان الخرج خرج جديدة كسل بكسل اقصر الاقصر صفحة ملف رقم سطر باران كيف جامعة
        من على ما هو هي هم نحن انا انت كان قال يوم ليل بيت باب الباب عين العين تل التل دير الدير راس الراس جبل الجبل نهر
        النهر وادي الوادي خان الخان سوق السوق قصر القصر برج البرج حي الحي كفر بئر جسر الجسر مسجد المسجد كنيسة مدرسة المدرسة
        النور نور الحرية السلام سلام الامل الفتح النصر الوحدة الثورة الشهداء الكرامة الحسين حسين حسن علي محمد احمد عمر خالد
        سعيد سعد صالح كريم جميل مريم فاطمة زينب الجديدة قديم كبير صغير ابيض اسود احمر اخضر ازرق طويل قصير حار بارد ماء الماء
        بحر البحر ارض الارض سماء شمس قمر نجم حجر الحجر رمل ذهب فضة حديد نار الهدى الحق العدل الخير الملك السلطان الامير
        الشيخ القاضي الحاج الرجل المرأة الولد البنت الطريق طريق المركز مركز المحطة الميدان الساحة الحديقة الجامعة المستشفى
        السجن الشرطة الجيش الدولة الحكومة البلد بلد وطن قرية القرية المدينة مدينة منطقة المنطقة زين عزيز حبيب حلو مر سهل
        صعب قريب بعيد كثير قليل عام خاص اول ثاني ثالث واحد اثنين ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة عشرة مئة الف ابو ام
        ابن اب اخ اخت عم خال رب الله مال حال جاء راح شمال جنوب شرق غرب وسط الشمال الجنوب الشرق الغرب الوسط شرقي غربي شمالي
        جنوبي الشام
    """,
    "ckb": """
        کات کاتی کۆتا باران ناو بەر سەر دەم دەست ئاو ماڵ ڕۆژ شەو گەورە بچووک نوێ کۆن بەرد دار باخ گوڵ هەوا کانی پێش دوای خۆش
        باش زۆر کەم هەموو
    """,
}
_COUNTRIES = {
    "SY": "syria syrian syrians syrie syrien suriye sûriye sûrî syrienne syrischen syrische سوريا سورية بسوريا السورية السوري سوریا سووریا",
    "IQ": "iraq iraqi irak ırak iraq îraq العراق بالعراق العراقية العراقي عێراق عيراق",
    "TR": "turkey turkish türkiye turquie türkei tirkiye تركيا التركية تورکیا",
    "LB": "lebanon lebanese liban libanon lübnan لبنان لوبنان",
    "JO": "jordan jordanie jordanien ürdün الاردن الأردن ئوردن",
    "PS": "palestine gaza palestinian filistin filistîn palästina فلسطين غزة فەلەستین",
    "IL": "israel israël اسرائيل إسرائيل",
    "EG": "egypt égypte ägypten mısır misir مصر میسر", "IR": "iran irán îran ايران إيران ئێران",
    "SA": "saudi suudi السعودية", "YE": "yemen yémen jemen اليمن", "LY": "libya libye libyen ليبيا لیبیا",
    "DE": "germany german allemagne deutschland almanya elmanya ألمانيا المانيا ئەڵمانیا",
    "FR": "france french frankreich fransa فرنسا فەرەنسا", "GB": "england britain uk angleterre grossbritannien بريطانيا",
    "US": "usa america états-unis amerika امريكا أمريكا", "RU": "russia russie russland rusya روسيا",
    "UA": "ukraine ukrayna اوكرانيا أوكرانيا", "GR": "greece grèce griechenland yunanistan اليونان",
    "TN": "tunisia tunisie tunesien tunus تونس", "MA": "morocco maroc marokko fas المغرب", "DZ": "algeria algérie algerien cezayir الجزائر",
}  # fmt: skip


def _folded(table: str) -> frozenset[str]:
    return frozenset(part for word in table.split() for part in [fold(word)] if part)


KINDS = _folded(_KINDS)
"""Words for settlements and districts; beside a name they say what it is."""

AFTER = _folded(_AFTER)
"""Those of them that follow the name."""

LINKS = _folded(_LINKS)
"""What may stand between such a word and the name: city *of* Aleppo."""

CONJUNCTIONS = _folded("and et und ve û و und or ou oder an ile")
PREPOSITIONS = _folded(_PREPOSITIONS)
TITLES = _folded(_TITLES)
"""A name behind one of these is a person's."""

COMMON = {language: _folded(table) for language, table in _COMMON.items()}
"""By language: in another one they may well be a name."""

ALL_COMMON = frozenset().union(*COMMON.values())

COUNTRIES = {fold(word): code for code, words in _COUNTRIES.items() for word in words.split()}
"""Names of countries and adjectives: they do not place anything, they tell which Tripoli is meant."""

SMALL = (
    LINKS
    | PREPOSITIONS
    | _folded("the a an new old le les un une ce sans que son sa ses der die das ein eine bir bu bu şu")
)
"""Words with which no name begins where letters do not tell large from small."""

INSTITUTIONS = _folded("""
university hospital airport station museum street square bridge prison school market road hotel embassy court stadium
üniversitesi hastanesi havaalanı havalimanı caddesi meydanı köprüsü cezaevi
""")
"""What is named after a settlement."""

HOMES = {
    "ar": frozenset(
        ["SY", "IQ", "LB", "JO", "PS", "EG", "SA", "YE", "KW", "AE", "QA", "BH", "OM", "LY", "TN", "DZ", "MA", "SD"]
    ),
    "ckb": frozenset({"IQ", "IR", "SY"}),
    "kmr": frozenset({"TR", "SY", "IQ"}),
    "tr": frozenset({"TR", "SY", "IQ", "CY"}),
    "de": frozenset({"DE", "AT", "CH"}),
    "fr": frozenset({"FR", "BE", "CH"}),
}
"""Where a language is at home: its speakers speak of places there more often."""

SUFFIXES = {
    "tr": (
        "lerden",
        "lardan",
        "nin",
        "nın",
        "nun",
        "nün",
        "den",
        "dan",
        "ten",
        "tan",
        "yle",
        "yla",
        "deki",
        "daki",
        "teki",
        "taki",
        "de",
        "da",
        "te",
        "ta",
        "in",
        "ın",
        "un",
        "ün",
        "ye",
        "ya",
        "yi",
        "yı",
        "li",
        "lı",
        "e",
        "a",
        "i",
        "ı",
    ),
    "kmr": ("yê", "ê", "î", "an", "a", "e", "de", "da", "ve"),
    "ckb": ("ییەکان", "یەکان", "ەوە", "یش", "دا", "ی"),
    "de": ("s",),
}
"""Endings that a name takes in a language, longest first; folded by whoever strips them."""
