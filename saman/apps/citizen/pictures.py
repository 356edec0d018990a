"""The citizen's trend as a picture with its table twin, in the reader's words."""

from __future__ import annotations

import msgspec

from saman.apps.citizen.views import Answer, Question, Trend
from saman.apps.ui import charts
from saman.apps.ui.charts import Chart, Labels
from saman.apps.ui.locales import Words


class TrendPage(msgspec.Struct, frozen=True, kw_only=True):
    """A trend and its chart."""

    trend: Trend
    chart: Chart


def trend_page(trend: Trend, words: Words) -> TrendPage:
    """The page for `trend`, drawn for a phone."""
    labels = Labels(
        title=str(words.gettext("%(name)s over 90 days", name=trend.name)),
        description=_description(trend, words),
        no_readings=str(words.gettext("no readings")),
        limit=str(words.gettext("Your limit: %(limit)s", limit=trend.limit.shown)) if trend.limit else "",
        month=words.month,
        number=words.number,
    )
    notes = tuple(comment.note for comment in trend.comments)
    days = (trend.first, trend.last)
    return TrendPage(
        trend=trend, chart=charts.trend("trend", trend.series, days, labels, notes=notes, rhythm=trend.rhythm)
    )


def _description(trend: Trend, words: Words) -> str:
    """The picture in one or two sentences: how many readings, from the lowest to the highest, and the latest."""
    values = [point.value for one in trend.series for point in one.points]
    if not values:
        return str(words.gettext("There are no readings in this time."))
    count = max(len(one.points) for one in trend.series)
    lowest, highest = words.number(min(values)), words.number(max(values))
    said = words.ngettext(
        "%(count)s reading, from %(lowest)s to %(highest)s %(unit)s.",
        "%(count)s readings, from %(lowest)s to %(highest)s %(unit)s.",
        count,
        lowest=lowest,
        highest=highest,
        unit=trend.unit,
    )
    if trend.latest is None:
        return str(said)
    latest = words.gettext("Latest %(day)s: %(value)s.", day=words.on(trend.latest.when), value=trend.latest.shown)
    return f"{said} {latest}"


def answer_text(question: Question, answer: Answer, words: Words) -> str:
    """An answer as one reads it: `71,8 kg`, `138/82`, `A little heavier`."""
    if answer.not_today:
        return str(words.gettext("Not today"))
    if question.options:
        return dict(question.options)[answer.choice]
    pairs = zip(question.parts, answer.values, strict=True)
    numbers = "/".join(words.number(value) for _, value in pairs)
    unit = question.parts[0].unit
    return f"{numbers} {unit}" if unit else numbers
