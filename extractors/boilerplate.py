"""What the furniture of Arabic news pages says, on every site. Whole lines only; `body/clean.py` decides by position whether a
line counts.

One file, though long: a table of patterns.
"""

from __future__ import annotations

import re
from functools import lru_cache

from extractors.dates.months import MONTHS
from extractors.dates.printed import parse_printed
from extractors.outlet import Catalogue
from extractors.text import matching, western_digits, word_count

SURE, PERHAPS = 2, 1


def _phrases(text: str) -> frozenset[str]:
    return frozenset(matching(line) for line in text.strip().splitlines())


# After such a heading no story comes, wherever it stands.
CLOSING = _phrases(
    """
    مقالات ذات صلة
    مقالات متعلقة
    مقالات مشابهة
    مقالات أخرى
    مواضيع ذات صلة
    مواضيع متعلقة
    مواضيع ذات علاقة
    مواضيع مشابهة
    موضوعات ذات صلة
    الموضوعات المتعلقة
    المواضيع المرتبطة
    أخبار ذات صلة
    أخبار متعلقة
    أخبار مشابهة
    الأخبار المتعلقة
    ذات صلة
    حول هذه القصة
    قد يعجبك أيضا
    قد يهمك أيضا
    المزيد من المقالات
    المزيد من الأخبار
    المزيد حول هذه القصة
    الأكثر قراءة
    الأكثر مشاهدة
    الأكثر تصفحا
    آخر الأخبار
    اترك تعليقا
    اترك ردا
    إلغاء الرد
    أضف تعليقا
    أضف تعليقك
    اضف تعليق
    شارك برأيك
    شاركنا رأيك
    شاركنا برأيك
    أضف تعليقا جديدا
    تعليقات الزوار
    تعليقات القراء
    آراء القراء
    ليست هناك تعليقات
    لا توجد تعليقات
    مواد ذات صلة
    مواد مرتبطة
    موضوعات متعلقة
    موضوعات ذات صلة
    تقارير ذات صلة
    قصص ذات صلة
    أخبار مرتبطة
    عناصر ذات صلة بالبند
    اقرأ التالي
    التعليقات
    تعليقات
    related posts
    related articles
    leave a reply
    """
)
# The same when lists or nothing follow; a subhead when paragraphs follow («التعليقات» can be one).
CLOSING_WEAK = _phrases(
    """
    الوسوم
    وسوم
    كلمات مفتاحية
    الكلمات المفتاحية
    كلمات دلالية
    الكلمات الدلالية
    المزيد
    تابعنا
    شارك
    شارك المقال
    شارك الخبر
    التالي
    السابق
    المقال التالي
    المقال السابق
    الخبر التالي
    الخبر السابق
    التسميات
    التصنيفات
    النشرة الإعلامية
    النشرة الإخبارية
    النشرة البريدية
    القائمة البريدية
    اشترك في النشرة البريدية
    اشترك في نشرتنا البريدية
    tags
    comments
    """
)
ASIDE = re.compile(
    r"(?:ا|إ)قر(?:أ|ا|ئي|ؤوا|أي) (?:أيض|ايض|المزيد|كذلك)\S*.*|(?:ا|إ)قر(?:أ|ا) ?:.*|شاهد (?:أيض|ايض)\S*.*|"
    r"شاهد ?:.*|شاهد(?:وا)? (?:ال|بال)(?:فيديو|صور) ?:?|"
    r"طالع (?:أيض|ايض)\S*.*|"
    r"(?:مواضيع|أخبار) قد تهمك.*|(?:قصص|مقالات|مواضيع|أخبار) (?:مقترحة|مختارة|موصى بها)|للمزيد ?:.*|read also.*|also read.*",
    re.IGNORECASE,
)
FURNITURE = re.compile(
    r"[×✕✖|•·/\\\-–—_*#.،]{1,4}|https?://\S+"
    r"|[-–—\s]*(?:إعلان|اعلان)[-–—\s]*|[: *]*(?:ال)?عودة (?:إلى |الى |لل)?(?:الصفحة )?(?:ال)?(?:رئيسية|سابقة)[: *]*"
    r"|(?:إن )?(?:جميع )?(?:هذه |هذا )?(?:الآراء|الاراء|المقالات?|ما يرد|ما ورد)\b.{0,80}"
    r"\bو?لا (?:ت|ي)(?:عبر|عكس|مثل)(?:ون)?\b.{3,120}"
    r"|(?:أكمل|اكمل|تابع|متابعة|استكمال|مواصلة) (?:ال)?قراءة|(?:اقرأ|إقرأ|أقرأ|عرض|أظهر) المزيد"
    r"|(?:مشاركة|شارك|طباعة|إعلان|اعلان|تغريدة|نسخ الرابط|حفظ|إغلاق|أغلق|استمع|تكبير الخط|تصغير الخط|advertisement|share|"
    r"tweet|tweeter|print|facebook|twitter|whatsapp|telegram|email|linkedin|pinterest)"
    r"|(?:شارك|شاركها|شاركنا)(?: (?:على|عبر|هذا|الخبر|المقال|الموضوع|مع|فيسبوك|تويتر|واتساب|تلغرام|ال[^\s]+))*"
    r"|تابع(?:وا|ونا|نا|ي)? .{2,40} (?:على|عبر) (?:غوغل نيوز|google news|تلغرام|واتساب|فيسبوك|تويتر|قناتنا).{0,40}"
    r"|(?:لمتابعة|لتصلك|للحصول على) .{3,40}(?:اشترك|انضم|تابع)\S* .{3,60}|"
    r"(?:انضم|اشترك)(?:وا|ي)? .{2,20}(?:قناتنا|قناة .{2,20}) (?:على|في) .{3,20}"
    r"|للاشتراك (?:في |ب)(?:نشرتنا|النشرة|قناتنا).{0,60}|اشترك (?:في |ب)(?:نشرتنا|النشرة|قناتنا).{0,60}"
    r"|(?:camera icon|tag icon|pictogram-avatar|access_time|whatsapp-stroke|copylink|share2).{0,4}"
    r"|(?:جميع |كافة )?(?:ال)?حقوق (?:النشر )?محفوظة.{0,60}|copyright.{0,60}|©.{0,80}"
    r"|الآراء الواردة (?:أدناه|في التعليقات).{0,140}|ترحب .{3,40} بالنقاش.{0,300}التعليقات.{0,300}"
    r"|لن يتم نشر عنوان بريدك الإلكتروني.{0,80}|هذا الموقع يستخدم Akismet.{0,140}"
    r"|(?:ال)?صفحات ?:?(?: \d{1,3}){2,30}"
    r"|\d+ (?:تعليق|تعليقات|مشاهدة|مشاهدات|دقائق?|دقيقة)|(?:عدد )?(?:المشاهدات|القراءات|التعليقات) ?:? ?\d+|(?:مدة القراءة|"
    r"وقت القراءة) ?:.{0,20}",
    re.IGNORECASE,
)
TICKER_ITEM = re.compile(r"[-–—] ?\d{1,2}:\d\d(?!\d)")
EDITOR = re.compile(
    r"(?:Editing|Edited by|تحرير) ?: ?(?P<names>[^|]{3,60}?) ?\|?"
    # What an agency sets under its stories.
    r"|\(? ?(?:إعداد|اعداد|ترجمة|تغطية صحفية) ?:?\s[^()\d]{3,60}? ?[-–—] ?تحرير ?:?\s(?P<again>[^()|\d]{3,40}?) ?\)?",
    re.IGNORECASE,
)
_NAME = r"[^\W\d_][^\d.،؛:!؟?()\"«»|]{2,40}"
BYLINE = re.compile(
    rf"(?:(?:كتبت?|كتبها|كتب/ت|بقلم|إعداد|اعداد|تقرير|حوار|حاوره|حاورته|أجرى الحوار|ترجمة|مراسل|أعده|أعدته|"
    rf"المحرر) ?[:/\-–] ?|(?:بقلم|كتبت?|إعداد) )(?P<names>{_NAME}(?: ?[|،,] ?{_NAME})*)"
)
ONE_NAME = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]{2,}){1,3}")
NAMES = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){1,3}(?: ?\| ?[^\W\d_]+(?: [^\W\d_]+){1,3})+")
SOURCE = re.compile(r"(?:المصدر|المصادر|مصدر|Source) ?[:/|–—-]? ?(?P<names>\S.{0,120})?", re.IGNORECASE)
SOURCE_LINE = re.compile(r"(?:المصدر|المصادر|Source) ?[:/|–—-] ?(?P<names>\S.{0,120})", re.IGNORECASE)
_AGENCY = (
    r"الأناضول|رويترز|الفرنسية|الأوروبية|الألمانية|الأميركية|الأمريكية|أسوشيتد ?برس|أ ?ف ?ب|أ ?ب|د ?ب ?أ|غيتي(?: إيمي?جز)?|"
    r"الجزيرة(?: نت)?|الجزيرة-?خاص|مواقع التواصل(?: الاجتماعي)?|وكالات|"
    r"شترستوك|بيكسابي|بيكسلز|سانا|واس|الصحافة الأجنبية|ال?[إا]نترنت|أرشيفية?|صورة أرشيفية|ناشطون|فيسبوك|تويتر|تلغرام|يوتيوب|"
    r"[إا]نستغرام|الدفاع المدني[^()]{0,20}|عنب بلدي[^()]{0,30}|سمارت|بلدي نيوز|"
    r"تصوير[^()]{2,40}|Getty[^()]{0,20}|Reuters|AFP|AP|EPA|Shutterstock|AA"
)
CREDITED = re.compile(rf"(?P<text>.*\S) ?\( ?(?:صورة )?(?:{_AGENCY})(?: ?[-–/] ?[^()]{{2,30}})? ?\)")
DATED_CREDIT = re.compile(r".*[-–—] ?(?:\S{1,40} ){0,3}\S{0,40} ?(?:19|20)\d\d ?\([^()]{2,40}\)")
_DATE_WORDS = re.compile(
    r"تاريخ|النشر|نشر|تم|في|بتاريخ|التاريخ|الساعة|بتوقيت|توقيت|مكة|المكرمة|غرينتش|دمشق|القاهرة|آخر|اخر|تحديث|التحديث|الموافق|هـ|م|ص|من|السبت|الأحد|الاحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الاربعاء|الخميس|الجمعة|"
    r"[0-9]{1,4}هـ|محرم|صفر|ربيع|الأول|الآخر|الثاني|جمادى|الأولى|الآخرة|الثانية|رجب|شعبان|رمضان|شوال|ذو|ذي|القعدة|الحجة|"
    r"مساء|صباحا|صباحًا|عدد|القراءات|المشاهدات|الزيارات|قراءة|مشاهدة|زيارة|published|on|updated|last|GMT|UTC|[0-9:/.\-–|•,،()+]+",
    re.IGNORECASE,
)
_SHARED_ON = (
    "طباعة email e-mail فيسبوك فيس بوك تويتر لينكدين لينكد إن واتساب واتس آب تلغرام تيليجرام تليجرام انستغرام بينتريست pin "
    "interest pinterest whats app whatsapp facebook twitter x linkedin telegram messenger ماسنجر viber copy link print share "
    "tweet شارك مشاركة نسخ الرابط حفظ البريد الإلكتروني reddit tumblr skype"
)
_NETWORKS = frozenset(_SHARED_ON.split())
_MONTH_WORDS = frozenset(word for name in MONTHS for word in name.split())
_COUNT = re.compile(r"^\d+ | \d+$")
_ICON = re.compile(r"^(?:camera icon|tag icon|no image) ?", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=64)
def line_pattern(expressions: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for a list of whole-line expressions; None for an empty list."""
    if not expressions:
        return None
    unnamed = (re.sub(r"\(\?P<\w+>", "(?:", each) for each in expressions)
    return re.compile("|".join(f"(?:{each})" for each in unnamed), re.IGNORECASE)


def without_suffix(title: str, catalogue: Catalogue) -> str:
    """A title without what the site adds to every title."""
    suffix = line_pattern(tuple(f"{each}$" for each in catalogue.title_suffix)) if catalogue.title_suffix else None
    found = suffix.search(title, max(0, len(title) - 60)) if suffix else None
    return title[: found.start()] if found else title


def without_icon(line: str) -> str:
    """A caption without the icon name printed before it («camera iconمقاتلون …»)."""
    return _ICON.sub("", line)


def is_furniture(line: str, catalogue: Catalogue) -> bool:
    """A line that only a template writes: share words, icon names, donation and comment boxes, punctuation alone."""
    own = line_pattern(catalogue.furniture)
    return bool(FURNITURE.fullmatch(line) or (own and own.fullmatch(line)) or _is_share_bar(line))


def _is_share_bar(line: str) -> bool:
    """Names of networks in a row: «طباعة Email فيسبوك تويتر»."""
    words = line.lower().split() if len(line) <= 160 else []
    return len(words) >= 2 and all(word in _NETWORKS for word in words)


def is_aside(line: str, catalogue: Catalogue) -> bool:
    """The heading of a box inside the story, alone or with the other story's title («اقرأ أيضًا: …»)."""
    own = line_pattern(catalogue.aside)
    return bool(ASIDE.fullmatch(line) or (own and own.fullmatch(line)))


def closing_strength(line: str, catalogue: Catalogue) -> int:
    """SURE: nothing of the story follows this line; PERHAPS: only if no paragraphs follow; 0: an ordinary line."""
    if len(line) > 200 or word_count(line) > 12:
        return 0
    heading = _COUNT.sub("", matching(line.partition(":")[0]))  # «التعليقات (3)», «3 تعليقات»
    own = line_pattern(catalogue.closing)
    if heading in CLOSING or (own and own.fullmatch(line.strip(" :"))):
        return SURE
    return PERHAPS if heading in CLOSING_WEAK else 0


def is_ticker(line: str) -> bool:
    """Several news items in one line, each with its hour: «… - 09:33 … - 21:08 …»."""
    return line.count(":") >= 3 and len(TICKER_ITEM.findall(western_digits(line))) >= 3


def is_date_line(line: str) -> bool:
    """A line that is a date (with its label, weekday and hour) and nothing else."""
    if len(line) > 200 or _DIGIT.search(line) is None or word_count(line) > 18:
        return False
    found = parse_printed(line)
    moment = found.published or found.modified
    if moment is None:
        return bool(re.fullmatch(r"[•·\s]*\d{1,2}:\d\d ?(?:ص|م)?", western_digits(line)))
    bare = western_digits(line)
    for each in (found.published, found.modified):
        if each is not None:
            bare = bare.replace(each.raw, " ")
    words = (word.strip(":") for word in re.split(r"[\s/()–-]+", bare) if word.strip(":"))
    rest = [word for word in words if word not in _MONTH_WORDS and not _DATE_WORDS.fullmatch(word)]
    return len(rest) <= 1 + 2 * ("/" in bare)


def is_caption(line: str, captions: frozenset[str]) -> bool:
    """A line set under a picture: known from the markup, or ending in a credit without being a sentence."""
    if line in captions:
        return True
    words = word_count(line)
    if words > 40 or len(line) > 400:
        return False
    found = CREDITED.fullmatch(line)
    return bool((found and found["text"][-1] not in '.!؟?:"”»') or (words < 40 and DATED_CREDIT.fullmatch(line)))
