/* NASA DONKI: events (an array of objects, told apart by the member that names them) and notifications. */
#include "types/space_weather/space_weather_map.h"

#include <stdio.h>

#include "base/text.h"

static const struct {
    const char *member, *kind;
} events[] = {
    {"flrID", "FLARE"},  {"gstID", "STORM"},        {"sepID", "PARTICLES"},
    {"hssID", "STREAM"}, {"mpcID", "MAGNETOPAUSE"}, {"rbeID", "BELT"},
};

static const struct {
    const char *member, *field;
} members[] = {
    {"versionId", "version"},
    {"submissionTime", "issued"},
    {"beginTime", "begin"},
    {"startTime", "begin"},
    {"eventTime", "begin"},
    {"peakTime", "peak"},
    {"endTime", "end"},
    {"classType", "class_type"},
    {"sourceLocation", "location"},
    {"activeRegionNum", "active_region"},
    {"note", "note"},
    {"link", "link"},
};

/* Arrays whose values become one text: the list, the array, the member of its objects. */
static const struct {
    const char *array, *member;
    int list;
} joined[] = {
    {"instruments", "displayName", 0}, {"allKpIndex", "observedTime", 1}, {"allKpIndex", "kpIndex", 1},
    {"allKpIndex", "source", 1},       {"linkedEvents", "activityID", 2},
};

static int
begin(struct walk *w, const struct json_event *event)
{
    return space_weather_put(w, "provider", span_str("DONKI"), event->place);
}

/* A value of an array of objects. Analyses of a CME are left to the original. */
static int
nested(struct walk *w, const struct json_event *event)
{
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        struct buf *list = &w->list[joined[i].list];
        bool first = i == 0 || strcmp(joined[i].array, joined[i - 1].array) != 0;
        if (event->depth != w->depth + 3 || strcmp(w->name[w->depth + 1], joined[i].array) != 0 ||
            !span_is(event->key, joined[i].member))
            continue;
        buf_put_str(list, list->n == 0 ? "" : first ? "; " : " ");
        buf_put_span(list, event->text);
    }
    return 0;
}

static int
value(struct walk *w, const struct json_event *event)
{
    if (event->kind == JSON_NULL)
        return 0;
    if (event->depth > w->depth + 1)
        return nested(w, event);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (!span_is(event->key, events[i].member))
            continue;
        if (space_weather_put(w, "kind", span_str(events[i].kind), event->place) != 0)
            return -1;
        return space_weather_put(w, "id", event->text, event->place);
    }
    if (span_is(event->key, "activityID"))
        return space_weather_put(w, "id", event->text, event->place);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (span_is(event->key, members[i].member))
            return space_weather_put(w, members[i].field, event->text, event->place);
    }
    return space_weather_put(w, w->name[event->depth], event->text, event->place);
}

/* CME and IPS both call their id activityID: the id says which it is. */
static int
finish(struct walk *w)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)w->fill.msg;
    static const char *const fields[] = {"instruments", "kp_index", "linked"};

    if (m->id[0] == 0)
        return why_set(w->why, WHY_FIELD_MISSING, w->at.line, w->at.column, "activityID",
                       "missing: expected an event of DONKI with its id");
    if (m->kind[0] == 0 &&
        space_weather_put(w, "kind", span_str(strstr(m->id, "-IPS-") != NULL ? "SHOCK" : "CME"), w->at) != 0)
        return -1;
    for (int i = 0; i < 3; i++) {
        if (space_weather_put(w, fields[i], buf_span(&w->list[i]), w->at) != 0)
            return -1;
    }
    return 0;
}

static int
probe_events(struct span head)
{
    bool named = json_has_key(head, "activityID");

    for (size_t i = 0; i < sizeof events / sizeof *events && !named; i++)
        named = json_has_key(head, events[i].member);
    return json_is_likely(head) && named ? 80 : 0;
}

static int
read_events(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
            struct why *why)
{
    struct walk w = {.format = "donki-events", .depth = 1, .begin = begin, .value = value, .finish = finish};

    return space_weather_walk(&w, input, how, a, emit, cookie, why);
}

const struct reader space_weather_donki_reader = {
    "donki-events", "application/json", "events of NASA DONKI", LIMIT_INPUT_BYTES, probe_events, read_events};

static int
notice_value(struct walk *w, const struct json_event *event)
{
    if (event->kind == JSON_NULL || span_is(event->key, "messageBody"))
        return 0; /* the body, with its disclaimer, is in the original */
    if (span_is(event->key, "messageID"))
        return space_weather_put(w, "id", event->text, event->place);
    if (span_is(event->key, "messageIssueTime"))
        return space_weather_put(w, "issued", event->text, event->place);
    if (span_is(event->key, "messageURL"))
        return space_weather_put(w, "link", event->text, event->place);
    if (span_is(event->key, "messageType"))
        return space_weather_put(w, "code", event->text, event->place);
    return space_weather_put(w, w->name[event->depth], event->text, event->place);
}

static int
notice_begin(struct walk *w, const struct json_event *event)
{
    return begin(w, event) == 0 ? space_weather_put(w, "kind", span_str("NOTIFICATION"), event->place) : -1;
}

static int
notice_finish(struct walk *w)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)w->fill.msg;

    return m->id[0] != 0 ? 0
                         : why_set(w->why, WHY_FIELD_MISSING, w->at.line, w->at.column, "messageID",
                                   "missing: it is mandatory");
}

static int
probe_notices(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "messageID") && json_has_key(head, "messageType") ? 90
                                                                                                        : 0;
}

static int
read_notices(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    struct walk w = {.format = "donki-notifications",
                     .depth = 1,
                     .begin = notice_begin,
                     .value = notice_value,
                     .finish = notice_finish};

    return space_weather_walk(&w, input, how, a, emit, cookie, why);
}

const struct reader space_weather_notice_reader = {
    "donki-notifications", "application/json", "notifications of NASA DONKI",
    LIMIT_INPUT_BYTES,     probe_notices,      read_notices};
