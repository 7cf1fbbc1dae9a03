"""Exonyms: names in use among Kurdish, Turkish and Arabic speakers that the packaged gazetteer lacks."""

# ruff: noqa: RUF001  # letters of several scripts are the subject of this file

VERSION = 1
"""Raise it whenever a name is added: what was made of the gazetteer before must be made again."""

EXONYMS: dict[int, tuple[str, ...]] = {  # GeoNames id → further names
    170063: ("حەلەب", "Ḧeleb"),
    170654: ("دیمەشق", "Şamê"),
    169577: ("حومس", "Hims", "Humus"),
    170017: ("حەما", "Hema"),
    173576: ("لازقیە", "Lazqiye"),
    173811: ("حەسەکە", "Hesekê", "Haseke"),
    173377: ("قامیشلۆ", "قامشلۆ", "Qamişlo", "Kamışlı"),
    172256: ("كوباني", "کۆبانێ", "Kobanê", "Ayn el Arab", "Kobani"),
    174186: ("عەفرین", "Efrîn", "Afrîn"),
    169389: ("ئیدلب", "Îdlib", "İdlib"),
    167357: ("مەنبج", "Minbic", "Membic", "Münbiç"),
    170794: ("دێرەزوور", "دێرەزور", "Dêra Zorê", "Deyrizor", "Deyr ez Zor"),
    172082: ("ئەعزاز", "Ezaz", "Azez"),
    169179: ("Cerablus", "Cerablûs"),
    165509: ("سەرێ کانی", "سەرێکانیێ", "Serê Kaniyê", "Serêkaniyê", "Sere Kaniye", "Resulayn"),
    163750: ("گرێ سپی", "Girê Spî", "Tel Abyad", "Tell Abyad"),
    163434: ("تل تمر", "Til Temir", "Tal Tamr", "Tell Tamer"),
    165757: ("تربەسپیێ", "Tirbespî", "Tirbespiyê"),
    170887: ("Dirbêsiyê", "Dirbesiye"),
    448149: ("شەنگال", "شنگال", "Şengal", "Shingal"),
    98182: ("بەغدا", "Bexda", "Bexdayê"),
    96205: ("Helebce",),
    745044: ("Stenbol", "ئیستانبوڵ"),
    323786: ("Enqere",),
    303750: ("نسێبین", "Nisêbîn"),
    318137: ("Colemêrg",),
    169023: ("Jisr al-Shughur", "Jisr ash-Shugur", "جسر الشغور"),
    167611: ("معرة النعمان", "المعرة", "Maarat al-Numan", "Maaret en-Numan"),
}
