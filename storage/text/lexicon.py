"""Arabic words as far as the class of a change needs them: their folded form, numbers, titles, verbs of speech.

Small closed lists. They sort changes for a reader, nothing is kept or dropped by them.
"""

from __future__ import annotations

import re
from typing import Final

from storage.text.folding import fold_letters

_PROCLITIC: Final = re.compile(r"^[وف]?(?:[بلك]?ال|لل|[بلك](?=\w{3}))?(?=\w{2})")


def stem(word: str) -> str:
    """The folded word without article and one-letter words written on to it (و ف ب ل ك); rough, for comparing with lists."""
    plain = fold_letters(word)
    return _PROCLITIC.sub("", plain) or plain


def _stems(words: str) -> frozenset[str]:
    return frozenset(form for word in words.split() for form in (fold_letters(word), stem(word)))


NUMBER_WORDS: Final = _stems(
    "صفر واحد واحدة اثنان اثنين اثنتان اثنتين ثلاث ثلاثة أربع أربعة خمس خمسة ست ستة سبع سبعة ثمان ثماني ثمانية تسع تسعة عشر "
    "عشرة عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين مئة مائة مئتان "
    "مئتين مائتان مائتين مئات ثلاثمئة ثلاثمائة أربعمئة أربعمائة خمسمئة خمسمائة ستمئة ستمائة سبعمئة سبعمائة ثمانمئة ثمانمائة "
    "تسعمئة تسعمائة عشرات ألف ألفا ألفان ألفين آلاف ألوف مليون مليونا مليونان مليونين ملايين مليار مليارا ملياران مليارين "
    "مليارات نصف ثلث ثلثا ثلثي ربع خمس عشر أول أولى ثان ثاني ثانية ثالث ثالثة رابع رابعة خامس خامسة سادس سادسة سابع سابعة "
    "ثامن ثامنة تاسع تاسعة عاشر عاشرة"
)
TITLES: Final = _stems(
    "الرئيس رئيس الوزير وزير الوزيرة وزيرة اللواء العميد العقيد المقدم الرائد النقيب الملازم المساعد الرقيب العماد الفريق "
    "المشير الجنرال القائد قائد القيادي السيد السيدة الدكتور الدكتورة المهندس المهندسة المحامي المحامية الأستاذ الأستاذة "
    "الشيخ الأمير الملك السلطان السفير السفيرة المبعوث النائب النائبة القاضي المحافظ محافظ المدير مدير المديرة مديرة الصحفي "
    "الصحفية الإعلامي الإعلامية الناشط الناشطة الباحث الباحثة الكاتب الكاتبة الناطق المتحدث الطبيب الطبيبة الشهيد المواطن"
)
SPEECH: Final = _stems(
    "قال قالت أعلن أعلنت أكد أكدت أضاف أضافت أوضح أوضحت ذكر ذكرت صرح صرحت أشار أشارت لفت لفتت بين نفى نفت كشف كشفت رفض رفضت "
    "طالب طالبت دعا دعت إن أن الذي التي في من على إلى عن مع هو هي كان كانت خلال أمس اليوم"
)
