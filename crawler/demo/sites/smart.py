"""The pages SMART News Agency served while it lived: they are seen only through the web archive."""

from __future__ import annotations

from datetime import datetime

from crawler.demo import markup
from crawler.demo.markup import escape
from crawler.demo.story import DemoStory

HOSTS = ("smartnews-agency.com", "www.smartnews-agency.com")
_TICKERS = (
    (
        "أهالي قرية الخضراء ينهون تعبيد طريق المدرسة (مصدر محلي) - 09:33 "
        'انقطاع المياه عن ثلاثة أحياء في "المنصورية" (وحدة المياه) - 09:02 '
        "افتتاح مشغل خياطة في مخيم السلام (منظمة محلية) - 21:08"
    ),
    (
        "تأجيل امتحانات الشهادة في مركزين بسبب الأمطار (مديرية التربية) - 18:40 "
        "حريق محدود في سوق الخشب (الدفاع المدني) - 18:11 "
        'وصول قافلة بذار إلى "تل الورد" (المجلس المحلي) - 17:55 إصلاح جسر المشاة في القنيطرية (مصدر محلي) - 11:22'
    ),
)


def url(story: DemoStory) -> str:
    """`/ar/<wires|reports>/<date>-<slug>`; the slug may carry a number of uniqueness or a dangling hyphen."""
    slug = story.slug or markup.slug(story.headline, 180)
    return f"https://smartnews-agency.com/ar/{story.section}/{story.published:%Y-%m-%d}-{slug}"


def article(story: DemoStory, seen: datetime) -> str:
    """The page as captured at `seen`: the ticker shows the news of that moment, not of the article's."""
    ticker = ""
    if story.layout != "no-ticker":
        words = escape(_TICKERS[seen.toordinal() % len(_TICKERS)], quote=False)
        ticker = f'<div class="breaking-news"><h3>الأخبار العاجلة</h3><div class="marquee">{words}</div></div>'
    dateline = f"<p>{story.dateline}</p>\n" if story.dateline else ""
    body_class = "item-body" if story.layout == "no-ticker" else _BODY_CLASS[story.section]
    main = f"""<span class="translated" ng-if="false">ui.public.translatedTo</span>
<h1 class="item-title">{escape(story.headline, quote=False)}</h1>
{_meta(story)}
<div class="{body_class}" ng-bind-html="item.body">
{dateline}{markup.body(story, _STYLE)}
</div>"""
    values = {"title": escape(story.headline), "ticker": ticker, "main": main}
    return markup.shell("smart", values)


def listing(stories: list[DemoStory]) -> str:
    """/ar/wires: headlines with links."""
    rows = "".join(f'<a class="wire" href="{url(story)}"><h3>{escape(story.headline)}</h3></a>' for story in stories)
    return markup.shell("smart", {"title": "أخبار", "ticker": "", "main": rows})


def video(headline: str) -> str:
    """A video page: a description, no dateline."""
    title = f'<h1 class="item-title">{escape(headline)}</h1>'
    main = f'{title}<video src="/v.mp4"></video><h4>الوصف المحلي</h4><p>لقطات قصيرة من السوق.</p>'
    return markup.shell("smart", {"title": escape(headline), "ticker": "", "main": main})


def _meta(story: DemoStory) -> str:
    """Editor and date lines; reports print neither, their date stands in the URL alone."""
    if story.section == "reports":
        return ""
    editor = ""
    if story.editors:
        name = f'<div class="wire-editor">Editing: {story.editors[0]} |</div>'
        editor = f'<i class="material-icons">pictogram-avatar</i>{name}'
    return f'{editor}\n<i class="material-icons">access_time</i>\n<div>تاريخ النشر: {story.published:%Y/%m/%d %H:%M}</div>'


_BODY_CLASS = {"wires": "wire-body", "reports": "report-body"}
_STYLE = markup.Style()
