"""How often telling letters occur in a language, per thousand letters, its commonest words and endings.

Only letters whose frequency tells languages of one script apart are listed; what is not listed for a language is
foreign to it. Rounded from published letter counts and newspaper text; ties are settled elsewhere, so a tenth more or
less does not matter. Kazakh stands twice: in Cyrillic, and in Latin with the letters of the 2018 and 2021 alphabets.
"""

CYRILLIC = {
    "ru": "и73 й12 ы19 э3.3 ё1.5 ъ.4 щ3.6 ь17",
    "uk": "и60 й13 щ5 ь18 і57 ї7 є6 ґ.1",
    "be": "й12 ы38 э14 ё8 ь10 і60 ў17",
    "bg": "и89 й7 ъ15 щ6 ь.2",
    "mk": "и75 ј17 ѓ2 ќ4 ѕ.5 љ.5 њ3 џ1",
    "sr": "и95 ј45 љ4 њ6 ћ6 ђ2 џ.5",
    "kk": "и9 й13 ы75 э1 ё.1 щ.2 ъ.1 ь1.5 і60 ә17 ғ18 қ33 ң15 ө9 ұ10 ү9 һ.5",
    "ky": "и33 й20 ы65 э9 ё1 щ.2 ъ.1 ь1 ң13 ө21 ү24",
    "tt": "и22 й10 ы45 э4 ё.2 щ.5 ъ1 ь4 ә62 ң13 ө10 ү12 һ4 җ4",
    "ba": "и20 й15 ы60 э10 ё.2 щ.3 ъ1 ь2 ә50 ғ14 ҡ25 ҙ14 ҫ6 ң10 ө13 ү12 һ22",
    "uz": "и65 й13 э8 ё5 ъ6 ь1 ў17 қ20 ғ8 ҳ13",
    "tg": "и60 й15 э4 ё8 ъ6 ғ7 қ13 ӣ12 ӯ9 ҳ13 ҷ8",
    "mn": "и30 й30 ы8 э50 ё4 щ.1 ъ1 ь5 ө28 ү35",
}
LATIN = {
    "en": "c28 f22 h60 j1.5 k8 q1 v10 w23 x1.5 y20 z.8",
    "de": "c31 f17 h48 j3 k14 q.2 v7 w19 x.3 y.4 z11 ä5.5 ö4 ü6.5 ß3",
    "fr": "c33 f11 h7.5 j5.5 k.5 q13 v16 w.1 x4 y3 z1.4 é19 è3 à5 ê2 ç.9 ô.6 î.5 û.6 ù.6 â.5 ë.1 ï.1 œ.2",
    "es": "c40 f7 h7 j4.5 k.2 q9 v10 w.2 x2 y10 z5 á5 é4.3 í7 ó8 ú1.7 ñ3 ü.1",
    "pt": "c38 f10 h8 j4 k.2 q12 v16 w.2 x2.5 y.2 z4.7 á1.2 ã7.3 â.6 é3.4 ê4.5 í1.3 ó3 õ3 ç5.3 ú1 à.7",
    "it": "c45 f11 h6.4 j.2 k.2 q5 v21 w.3 x.2 y.2 z12 à6 è2.6 ì.3 ò.2 ù1.7",
    "nl": "c12 f8 h24 j15 k22 q.1 v28 w15 x.4 y.4 z14 ë.5 é.3",
    "pl": "c38 f3 h10 j18 k27 v.4 w36 x.1 y32 z48 ą7 ę10 ł14 ó6 ś5 ź.8 ż7 ć4 ń1.5",
    "tr": "c8 f4.5 h12 j.4 k47 q.1 v9.6 w.3 x.2 y33 z15 ı51 ö7.8 ü18 ç11 ş18 ğ11 â.5 î.2",
    "az": "c11 f5 h15 j1 k30 q17 v18 w.2 x10 y27 z15 ə95 ı40 ö10 ü22 ç9 ş17 ğ8",
    "kk": "c1 f2 h5 j14 k25 q38 v2 w4 x.5 y75 z14 ä15 ö9 ü8 ū9 ğ17 ñ10 ŋ3 ş14 ı45 á8 ǵ8 ń6 ó4 ú5 ý6",
    "uz": "c10 f5 h40 j10 k35 q22 v15 w.3 x12 y30 z14 ʻ20 ʼ2",
    "tk": "c2 f2 h12 j8 k24 v.2 w7 y50 z14 ä22 ö10 ü17 ý20 ş11 ç6 ž1.5 ň14",
    "id": "c8 f3 h25 j9 k50 q.1 v2 w5 x.1 y16 z.7",
    "ro": "c50 f12 h5 j2.5 k.4 q.1 v12 w.2 x1 y.2 z7 ă20 â6 î10 ș9 ş3 ț8 ţ3",
    "cs": "c25 f2 h22 j20 k36 v42 w.2 x.3 y18 z21 á21 č9 ď.3 é13 ě15 í32 ň.5 ó.4 ř11 š8 ť.5 ú2 ů6 ý9 ž9",
    "hu": "c7 f5 h15 j12 k50 v21 w.2 x.1 y22 z40 á35 é38 í6 ó10 ö11 ő9 ú3 ü6 ű2",
    "sv": "c13 f20 h21 j7 k31 v24 w.5 x1 y6 z.5 å13 ä18 ö13 é.3",
    "fi": "c.5 f1 h18 j19 k50 v22 w.2 y18 z.2 ä36 ö4 å.1",
    "da": "c3 f20 h16 j8 k35 v20 w.5 y7 z.3 æ9 ø9 å13",
    "hr": "c9 f2 h6 j45 k35 v34 w.2 y.2 z17 č9 ć6 š9 ž5 đ2",
    "sq": "c5 f9 h30 j30 k30 q9 v14 w.2 x3 y6 z6 ç6 ë75",
}
ARABIC = {
    "fa": "ی80 ک25 گ10 پ8 چ4 ژ.5 ه50 ي1 ك.5 أ.3",
    "ar": "ي60 ك25 ة30 ى8 أ20 إ8 ه30",
    "ur": "ی60 ک35 گ8 پ12 چ7 ہ35 ے50 ں25 ٹ6 ڈ4 ڑ4 ھ8",
    "ug": "ى40 ې10 ۇ40 ۈ10 ۆ10 ۋ12 ە70 پ7 چ10 گ12 ڭ10 ي30 ك20",
}
COMMONNESS: dict[str, dict[str, float]] = {
    "cyrillic": {"ru": 1.5, "ky": -1, "tt": -1, "ba": -2, "be": -1, "bg": -1, "mk": -1, "sr": -1, "tg": -1, "mn": -1},
    "latin": {"en": 2, "kk": -2, "sq": -1, "hr": -1, "tk": -1, "fi": -1, "da": -1, "hu": -1, "sv": -1},
}
"""Prior log odds of a language among news in its script: an uncommon one needs better evidence."""
ALONE = {
    "ka": "\u10a0-\u10ff\u1c90-\u1cbf",
    "hy": "\u0530-\u058f",
    "el": "\u0370-\u03ff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "th": "\u0e00-\u0e7f",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "ja": "\u3040-\u30ff",
    "zh": "\u4e00-\u9fff",
}
"""Languages that (nearly) own their script: character ranges."""

CYRILLIC_WORDS = {
    "ru": "и в на не что с по из для за от о об к у до как при после его был это или стал может также будет года году "
    "более были сообщил сообщили чтобы который которые которых лет тысяч человек рассказал отметил заявил стало этом того "
    "пока уже если только млн млрд января февраля марта апреля июня июля августа сентября октября ноября декабря тысячи "
    "миллиона миллионов миллиардов процента процентов долларов рублей тонн между своей свои которое которую которого ещё "
    "еще всего одного другие кроме сейчас именно около снова",
    "uk": "і в на не що з по із для за від про та у до як при після його був це або",
    "be": "і ў на не што з па для за ад аб да як пры пасля яго гэта",
    "bg": "и в на не че с по от за се да са ще до като при след е към",
    "mk": "и во на не што со по од за се да ќе до како при по е кон",
    "sr": "и у на не што са по од за се да је ће до као при после",
    "kk": "мен және үшін бойынша бен пен туралы бір болды деп бұл жаңа кейін болып деді өтті осы екі үш мың деп "
    "жылы бойы арасында жыл",
    "ky": "жана менен үчүн боюнча тууралуу бир болду деп бул жаңы кийин",
    "tt": "һәм белән өчен буенча турында бер булды дип бу яңа соң",
    "ba": "һәм менән өсөн буйынса тураһында бер булды тип был яңы",
    "uz": "ва билан учун бўйича ҳақида бир бу янги кейин",
    "tg": "ва дар ба аз бо барои ки дар як нав",
    "mn": "ба нь бөгөөд тухай нэг шинэ энэ",
}
LATIN_WORDS = {
    "en": "the of to in and for on with as at by from is after over new says will has its that be are was up an a this "
    "which more would have it",
    "de": "der die das und in von zu den mit ist für auf im des ein eine nach bei aus über wird",
    "fr": "le la les de des du et en un une pour dans sur au par est à",
    "es": "el la los las de y en que del por con para un una se su al",
    "pt": "o a os de e do da em para com que no na um uma por",
    "it": "il la le di e che per del della con un una in dei da al",
    "nl": "de het een van en in op voor met is naar bij uit",
    "pl": "w i z na do się o nie za po od jest",
    "tr": "ve bir bu için ile da de ilk en yeni olarak sonra oldu göre olan çok daha olduğu ancak kadar bin yüzde",
    "az": "və bir bu üçün ilə də da ki ilk ən yeni olan sonra görə çox daha edib edir etdi bildirib deyib artıq isə min",
    "kk": "men jáne jane jäne úshin üşin üshin bir bul jańa jaña jaŋa turaly boldy",
    "uz": "va bilan uchun bu bir yangi haqida bo'yicha keyin",
    "tk": "we bilen üçin bu bir täze boýunça hakda",
    "id": "di dan yang untuk dari dengan ini ke pada",
    "ro": "și de la în cu pe din o un a pentru",
    "cs": "a v se na je s z o do pro za",
    "hu": "a az és egy hogy nem is",
    "sv": "och i att en som för på av är till",
    "fi": "ja on ei että oli",
    "da": "og i at en som for på af er til det",
    "hr": "i u na je se da za od s o",
    "sq": "dhe në të e i për me një nga",
}

CYRILLIC_ENDINGS = {
    "ru": "ого его ому тся ься ает ают ила или ило ция ции ией ных ная ной ное ные ый ов ев ий ия ие ть ся лся ал ил",
    "uk": "ого ому ння ися ває ють ється ила или ило ція ції них ний ною ів ий ся ть ав ив",
    "be": "ага аму ння ца аў іў ыі ых ай",
    "bg": "ния ните ата ята ият ият ът ция ции ие ия ила ил",
    "mk": "ата ето ите от ија ции",
    "sr": "ије ија ици ало или ање",
    "kk": "лды лді нды нді сты сті ады еді йды йді рды рді тты тті дың дің ның нің тың тің лар лер дар дер тар тер ған "
    "ген қан кен нда нде ына іне сын сін ысы ісі ығы",
    "ky": "лды лди нды нди йт ет дын дин нын нин лар лер ган ген нда нде луу",
    "tt": "лды лде нды нде ның нең лар ләр ган гән нда ндә",
    "ba": "лды лде ның нең лар ләр ған гән нда ндә",
    "uz": "лди нди рди инг лар ган нда ади моқда қда",
    "tg": "анд ард ҳои ҳо ати ати он",
    "mn": "сан сэн гаа гээ ийн ын",
}
LATIN_ENDINGS = {
    "en": "ing ion ers ed ly nts ess ity ies ght th ns ts rs ks ls gs ght rt al er",
    "de": "ung ich eit en er es te tz rt",
    "fr": "ent eur ion que aux ons es",
    "es": "ión dad os as es ar",
    "pt": "ção dade os as ar em",
    "it": "one tà are ere ti ni",
    "nl": "ing en er cht lijk",
    "pl": "ego ych ania nie ie ów ła ał",
    "tr": "yor ldı ldi ndı ndi ttı tti rdı rdi eri arı nın nin cak cek mış miş lar ler dan den nda nde ası esi",
    "az": "ıb ib ub üb dır dir dur dür caq cək mış miş lar lər nın nin dan dən nda ndə ası əsi ldi ldı rdı rdi ndı ndi",
    "kk": "dy ty nyń nyn dyń lar ler ǵan gan dan nda ady ldy ndy rdy ydy",
    "uz": "ldi adi lar ing gan dan nda rdi ndi chi lik qda",
    "tk": "dy di lar ler ýar ýär yň niň",
    "id": "kan nya an",
    "ro": "ului rea ii ul ție",
    "cs": "ního ých ení ou ho",
    "hu": "ban ben ság ség nak nek ott",
    "sv": "ning ade het ar en et",
    "fi": "nen ssa ssä sta stä aan ään een",
    "da": "ning ede hed er en et",
    "hr": "nje ija ije ova og",
    "sq": "imi ave ve it ës",
}
