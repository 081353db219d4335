"""Words of five languages, enough for texts whose statistics resemble news: a few frequent, a long tail of rare ones.

Function words stand at the head of each vocabulary, the words of trade, energy and politics are scattered over the ranks
below, and everything else is made of syllables; ranks follow Zipf's law. An article of 250 words names one or two places,
as news does. Everything is drawn from a seeded generator, so the same seed gives the same text on every machine.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

STEMS = 21_000
"""Stems drawn for each language; those that are real words are replaced by them."""

LANGUAGES = ("ru", "en", "kk", "az", "tr")

SCATTER = 4_000
"""Ranks among which the real content words are scattered."""

_FUNCTION = {
    "ru": "и в на не с по что о к для из это от за как до при но его у их также который после между более было будет",
    "en": "the of and to in a that for on with is as at by from it was has have will be its this which more also after",
    "kk": "және мен үшін туралы бойынша осы сол кейін арасында бұл бір де бар деп оның болды болып керек сондай ғана",
    "az": "və bu ilə üçün də bir ki olan olaraq haqqında görə həmin sonra arasında daha onun isə kimi edib ən",
    "tr": "ve bir bu ile için de da olarak daha çok olan gibi sonra göre kadar ise hakkında arasında en her",
}

_REAL = {
    "ru": """
Казахстан Азербайджан Каспий Актау Алят порт Курык маршрут Средний коридор транзит груз контейнер тонна таможня
декларация железная дорога вагон терминал паром судно логистика экспорт импорт пошлина соглашение меморандум министр
правительство президент премьер заседание форум саммит встреча переговоры сотрудничество развитие проект инвестиция
доллар тенге манат миллион миллиард процент рост снижение производство завод мощность энергетика зеленая
возобновляемый солнечная ветровая станция мегаватт водород кабель дно моря электроэнергия сеть нефть газ трубопровод
уголь уран литий медь вольфрам редкоземельный критический минерал месторождение геология запас добыча переработка
обогащение компания консорциум банк кредит фонд рынок цена биржа контракт поставка эксперт аналитик институт
исследование доклад прогноз оценка ситуация безопасность регион область город Алматы Астана Баку Тбилиси Анкара
Ташкент Пекин Брюссель Турция Китай Грузия Узбекистан Европа союз тюркский государство организация интеграция
культура язык образование университет студент наука технология цифровой окно платформа система данные искусственный
интеллект связь спутник вода климат выброс углерод экология парламент закон реформа суд выборы гражданин население
занятость зарплата пенсия медицина больница школа строительство жилье мост аэропорт рейс спорт команда матч чемпион
турнир музей театр кино погода снег дождь температура который этот также после между более новый первый крупный
общий совместный международный национальный экономический важный стратегический сегодня вчера ранее однако сообщил
отметил подчеркнул заявил добавил рассказал планируется составил вырос снизился обсудили подписали построить
увеличить
    """,
    "en": """
Kazakhstan Azerbaijan Caspian Aktau Alat port corridor Middle route transit cargo container tonne customs
declaration railway wagon terminal ferry vessel logistics export import tariff agreement memorandum minister
government president premier session forum summit meeting talks cooperation development project investment dollar
tenge manat million billion percent growth decline output plant capacity energy green renewable solar wind station
megawatt hydrogen cable seabed electricity grid oil gas pipeline coal uranium lithium copper tungsten rare earth
critical mineral deposit geology reserve mining processing refining company consortium bank loan fund market price
exchange contract supply expert analyst institute study report forecast estimate situation security region city
Almaty Astana Baku Tbilisi Ankara Tashkent Beijing Brussels Turkey China Georgia Uzbekistan Europe union Turkic
states organization integration culture language education university student science technology digital window
platform system data the of and to in that for with on by from as at is was has have will its this which more also
after between new first large joint international national economic important strategic today yesterday earlier
however said noted stressed stated added told plans amounted rose fell discussed signed build increase water climate
emission carbon ecology parliament law reform court election
    """,
    "kk": """
Қазақстан Әзербайжан Каспий Ақтау Алят порт бағыт Орта дәліз транзит жүк контейнер тонна кеден теміржол вагон
терминал паром кеме логистика экспорт импорт келісім меморандум министр үкімет президент премьер отырыс форум саммит
кездесу келіссөз ынтымақтастық даму жоба инвестиция доллар теңге манат миллион миллиард пайыз өсу төмендеу өндіріс
зауыт қуат энергетика жасыл жаңартылатын күн жел станса мегаватт сутегі кабель теңіз электр желі мұнай газ құбыр
көмір уран литий мыс вольфрам сирек маңызды минерал кен орны геология қор өндіру өңдеу байыту компания консорциум
банк несие нарық баға биржа келісімшарт жеткізу сарапшы талдаушы институт зерттеу баяндама болжам жағдай қауіпсіздік
өңір облыс қала Алматы Астана Баку Тбилиси Анкара Ташкент Бейжің Түркия Қытай Грузия Өзбекстан Еуропа одақ түркі
мемлекет ұйым интеграция мәдениет тіл білім университет студент ғылым технология цифрлық терезе платформа жүйе
деректер және мен үшін туралы бойынша осы сол кейін арасында жаңа бірінші ірі ортақ бірлескен халықаралық ұлттық
экономикалық стратегиялық бүгін кеше бұрын алайда деді атап өтті хабарлады қосты жоспарлануда құрады өсті төмендеді
талқылады қол қойды салу арттыру су климат парламент заң реформа сот сайлау азамат халық жұмыспен қамту жалақы
зейнетақы медицина аурухана мектеп құрылыс тұрғын үй жол көпір
    """,
    "az": """
Azərbaycan Qazaxıstan Xəzər Aktau Ələt limanı dəhliz Orta marşrut tranzit yük konteyner ton gömrük bəyannamə dəmir
yolu vaqon terminal bərə gəmi logistika ixrac idxal razılaşma memorandum nazir hökumət prezident baş iclas forum
sammit görüş danışıqlar əməkdaşlıq inkişaf layihə investisiya dollar manat tenge milyon milyard faiz artım azalma
istehsal zavod güc enerji yaşıl bərpa olunan günəş külək stansiya meqavat hidrogen kabel dəniz dibi elektrik şəbəkə
neft qaz boru kəməri kömür uran litium mis volfram nadir kritik mineral yataq geologiya ehtiyat hasilat emal şirkət
konsorsium bank kredit fond bazar qiymət birja müqavilə tədarük ekspert analitik institut tədqiqat hesabat proqnoz
vəziyyət təhlükəsizlik region şəhər Bakı Astana Almatı Tbilisi Ankara Daşkənd Pekin Brüssel Türkiyə Çin Gürcüstan
Avropa ittifaq türk dövlətləri təşkilat inteqrasiya mədəniyyət dil təhsil universitet tələbə elm texnologiya
rəqəmsal pəncərə platforma sistem və ilə üçün haqqında görə bu həmin sonra arasında yeni birinci böyük ümumi birgə
beynəlxalq milli iqtisadi mühüm strateji gün dünən əvvəl lakin bildirdi qeyd etdi vurğuladı əlavə planlaşdırılır
təşkil artdı azaldı müzakirə imzaladı tikmək su iqlim qanun
    """,
    "tr": """
Kazakistan Azerbaycan Hazar Aktau Alat limanı koridor Orta güzergah transit yük konteyner ton gümrük beyanname
demiryolu vagon terminal feribot gemi lojistik ihracat ithalat anlaşma mutabakat bakan hükümet cumhurbaşkanı
başbakan oturum forum zirve toplantı müzakere işbirliği kalkınma proje yatırım dolar tenge manat milyon milyar yüzde
büyüme düşüş üretim fabrika kapasite enerji yeşil yenilenebilir güneş rüzgar santral megavat hidrojen kablo deniz
elektrik şebeke petrol doğalgaz boru hattı kömür uranyum lityum bakır tungsten nadir kritik mineral yatak jeoloji
rezerv maden işleme şirket konsorsiyum banka kredi fon piyasa fiyat borsa sözleşme tedarik uzman analist enstitü
araştırma rapor tahmin durum güvenlik bölge şehir Bakü Astana Almatı Tiflis Ankara Taşkent Pekin Brüksel Türkiye Çin
Gürcistan Özbekistan Avrupa birlik Türk devletleri teşkilat entegrasyon kültür dil eğitim üniversite öğrenci bilim
teknoloji dijital ve ile için hakkında göre bu şu sonra arasında yeni ilk büyük ortak uluslararası ulusal ekonomik
önemli stratejik bugün dün önce ancak söyledi belirtti vurguladı ekledi planlanıyor oluşturdu arttı azaldı görüştü
imzaladı inşa artırmak su iklim parlamento yasa reform
    """,
}
_SYLLABLES = {
    "ru": ("б в г д ж з к л м н п р с т ф х ц ч ш пр ст тр кр гр сл бл вл зн", "а е и о у ы я ю", "й к л м н р с т в"),
    "en": (
        "b c d f g h j k l m n p r s t v w br cr dr gr pl pr sh st th tr",
        "a e i o u ea ou ai",
        "n r l t s m nd st ck",
    ),
    "kk": ("б ғ д ж з к қ л м н ң п р с т ш", "а ә е о ө ұ ү ы і", "й қ л м н ң р с т"),
    "az": ("b c ç d f g ğ h x k q l m n p r s ş t v y z", "a e ə i ı o ö u ü", "n r l m t d q z ş"),
    "tr": ("b c ç d f g h k l m n p r s ş t v y z", "a e i ı o ö u ü", "n r l m t k z ş y"),
}
_ENDINGS = {
    "ru": ("", "", "а", "ов", "ом", "ы", "е"), "en": ("", "", "", "s", "ing", "ed"), "kk": ("", "", "ның", "дар", "ға", "да"),
    "az": ("", "", "nın", "lar", "da", "ın"), "tr": ("", "", "nın", "lar", "da", "den"),
}  # fmt: skip
_PHRASES = {
    "ru": ("Срединный коридор", "Транскаспийский маршрут", "зелёный водород", "Организация тюркских государств",
           "редкоземельные металлы", "порт Актау", "Казахстан и Азербайджан"),
    "en": ("Middle Corridor", "Trans-Caspian route", "green hydrogen", "Organization of Turkic States",
           "rare earth metals", "port of Aktau", "Kazakhstan and Azerbaijan"),
    "kk": ("Орта дәліз", "Транскаспий бағыты", "жасыл сутегі", "Түркі мемлекеттері ұйымы", "сирек металдар"),
    "az": ("Orta dəhliz", "yaşıl hidrogen", "Türk Dövlətləri Təşkilatı", "Ələt limanı"),
    "tr": ("Orta Koridor", "yeşil hidrojen", "Türk Devletleri Teşkilatı", "Bakü limanı"),
}  # fmt: skip
_NAMES = {
    "ru": ("Айдар Мария Ерлан Ольга Тимур", "Курмашев Иванова Ахметов Петров Садыкова"),
    "en": ("John Anna Aidar Laura Peter", "Smith Brown Kassymov Lee Clark"),
    "kk": ("Айдар Гүлнар Ерлан Әсел Нұрлан", "Құрмашев Ахметова Садықов Оспанов Тілеу"),
    "az": ("Elçin Aysel Rəşad Leyla Orxan", "Məmmədov Əliyeva Hüseynov Quliyev Həsənov"),
    "tr": ("Mehmet Ayşe Emre Zeynep Kemal", "Yılmaz Demir Kaya Şahin Aydın"),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The stems of a language by rank, with their cumulated weights, and what may follow a stem."""

    stems: Sequence[str]
    weights: Sequence[float]
    endings: Sequence[str]
    phrases: Sequence[str]

    def words(self, rng: random.Random, count: int) -> list[str]:
        """`count` inflected words, as frequent as their ranks."""
        stems = rng.choices(self.stems, cum_weights=self.weights, k=count)
        return [stem + ending for stem, ending in zip(stems, rng.choices(self.endings, k=count), strict=True)]


@lru_cache(maxsize=len(LANGUAGES))
def vocabulary(language: str) -> Vocabulary:
    """The vocabulary of one of LANGUAGES."""
    rng = random.Random(language)
    head = _FUNCTION[language].split()
    stems = dict.fromkeys(head)
    real = dict.fromkeys(sorted(set(_REAL[language].split()) - set(head)))
    onsets, vowels, codas = (part.split() for part in _SYLLABLES[language])
    while len(stems) < STEMS:
        syllables = (rng.choice(onsets) + rng.choice(vowels) for _ in range(rng.randint(2, 3)))
        stems["".join(syllables) + rng.choice(codas)] = None
    ranked = [stem for stem in stems if stem not in real]
    for word in real:
        ranked.insert(rng.randrange(len(head), SCATTER), word)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(ranked))))
    return Vocabulary(ranked, weights, _ENDINGS[language], _PHRASES[language])


def person(rng: random.Random, language: str) -> str:
    """An invented author."""
    first, last = _NAMES[language]
    return f"{rng.choice(first.split())} {rng.choice(last.split())}"
