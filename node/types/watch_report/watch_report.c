/* Report of a watch: Nothing to report, said and signed: for each watch period and alert rule that it was kept and raised nothing, or why that cannot be said; and that a source has gone quiet, or is back. */
#include "watch_report.pb-c.h"
#include "base/num.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__WatchReport Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "WATCH-REPORT/1", "WATCH-REPORT/1",        \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "neo-iawn",                                  \
      "rule, or source: a later report of the same node with the same id replaces this one")                 \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-12T00:00:05Z",              \
      "when it was signed, UTC")                                                                             \
    F("state", state, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                              \
      "ALL CLEAR|ALERTS|INCOMPLETE|SOURCE LATE|SOURCE BACK", "ALL CLEAR",                                    \
      "ALL CLEAR: nothing reached the rule; ALERTS: some are open; INCOMPLETE: nothing did, but not all "    \
      "sources were heard; SOURCE LATE, SOURCE BACK")                                                        \
    F("rule", rule, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "neo-iawn", "of a period: which alert rule")      \
    F("rule_version", rule_version, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "1",                              \
      "of a period: which version of it")                                                                    \
    F("period_from", period_from, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-11T00:00:00Z",             \
      "of a period: its begin, UTC")                                                                         \
    F("period_to", period_to, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-12T00:00:00Z",                 \
      "of a period: its end, UTC")                                                                           \
    F("judged", judged, FIELD_INT, 0, NULL, "0", NULL, NULL, "2066",                                         \
      "of a period: how many subjects the rule was held against")                                            \
    F("open_alerts", open_alerts, FIELD_INT, 0, NULL, "0", NULL, NULL, "0",                                  \
      "of a period: how many alerts of this rule were open in it")                                           \
    F("origin", origin, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "us-noaa",                                    \
      "of a source: the node or feed that is late or back")                                                  \
    F("last_heard", last_heard, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-11T22:13:07Z",               \
      "of a source: up to when it is known to be complete, UTC")                                             \
    F("complete", complete, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                           \
      "us-noaa 8412 as of 2032-02-11T23:59:48Z",                                                             \
      "how far each origin was held: records, as of when, joined by semicolons")                             \
    F("text", text, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                          \
      "nothing to report: no impact probability above 1 % of anything larger than 10 m",                     \
      "for people, one line")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__watch_report__descriptor);

/* Of a source: SOURCE LATE and SOURCE BACK; the other states are of a period and a rule. */
static bool
is_of_source(const Notice *n)
{
    return strncmp(n->state, "SOURCE", 6) == 0;
}

static int
check_period(const Notice *n, struct why *why)
{
    if (n->rule[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "rule", "expected the rule of the period");
    if (n->rule_version[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "rule_version", "expected the version of the rule");
    if (n->period_from[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "period_from", "expected the begin of the period");
    if (n->period_to[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "period_to", "expected the end of the period");
    if (strcmp(n->state, "ALERTS") != 0 && n->open_alerts[0] != 0 &&
        num_compare(span_str(n->open_alerts), span_str("0")) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "open_alerts", "expected 0, or state ALERTS");
    return 0;
}

static int
check_more(const ProtobufCMessage *msg, struct why *why)
{
    const Notice *n = (const Notice *)msg;

    if (!is_of_source(n))
        return check_period(n, why);
    if (n->origin[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "origin", "expected the source that is late or back");
    return 0;
}

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "watch_report-json",
    .title = "Report of a watch",
    .key = "id",
    .epoch = {"period_to", "issued"},
    .summary = {"state", "rule", "origin", "text"},
    .order = {{"period_from", "period_to"}, {"period_to", "issued"}, {"last_heard", "issued"}},
    .check = check_more,
};

NOTICE_TYPE(watch_report, false, "Report of a watch", parallax__v1__watch_report__descriptor);
