/*
 * NOAA SWPC: messages (products/alerts.json; all meaning is in their text), scales (noaa-scales.json), planetary K index (rows of an array until March 2026, objects since).
 */
#include "types/space_weather/space_weather_map.h"

#include <stdio.h>

#include "base/text.h"

/* --- Messages -------------------------------------------------------------------------------------------------- */

/* Labels of lines, as the messages spell them. */
static const struct {
    const char *label, *field;
} labels[] = {
    {"Space Weather Message Code", "code"},
    {"Serial Number", "serial"},
    {"Issue Time", "issued"},
    {"Extension to Serial Number", "refers_to"},
    {"Continuation of Serial Number", "refers_to"},
    {"Cancel Serial Number", "refers_to"},
    {"Valid From", "valid_from"},
    {"Valid To", "valid_to"},
    {"Now Valid Until", "valid_to"},
    {"Threshold Reached", "threshold_reached"},
    {"Begin Time", "begin"},
    {"Maximum Time", "peak"},
    {"End Time", "end"},
    {"Synoptic Period", "synoptic_period"},
    {"Active Warning", "active_warning"},
    {"Station", "station"},
    {"NOAA Scale", "noaa_scale"},
    {"Comment", "comment"},
    {"Potential Impacts", "impacts"},
};

static const struct {
    const char *word, *change;
} changes[] = {{"CONTINUED ", "CONTINUED"}, {"EXTENDED ", "EXTENDED"}, {"CANCEL ", "CANCELLED"}};
static const char *const kinds[] = {"ALERT", "WARNING", "WATCH", "SUMMARY"};

static bool
starts(struct span line, const char *word)
{
    return line.n >= strlen(word) && memcmp(line.p, word, strlen(word)) == 0;
}

static struct span
behind(struct span line, size_t n)
{
    return span_of(line.p + n, line.n - n);
}

static bool
has(struct walk *w, const char *field)
{
    int row = fill_find(&w->fill, span_str(field));
    char number[FIELDMAP_NUMBER_MAX];

    return row >= 0 && fieldmap_get(&space_weather_map.field[row], w->fill.msg, number).n > 0;
}

static int
put_once(struct walk *w, const char *field, struct span value)
{
    return has(w, field) ? 0 : space_weather_put(w, field, value, w->at);
}

/* "CONTINUED ALERT: Electron 2MeV Integral Flux exceeded 1,000pfu" */
static int
take_headline(struct walk *w, struct span line, bool corrected)
{
    const char *change = corrected ? "CORRECTED" : "NEW";

    if (has(w, "kind"))
        return 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (!starts(line, changes[i].word))
            continue;
        line = behind(line, strlen(changes[i].word));
        change = changes[i].change;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i]);
        if (!starts(line, kinds[i]) || line.n <= n || line.p[n] != ':')
            continue;
        if (put_once(w, "kind", span_str(kinds[i])) != 0 || put_once(w, "change", span_str(change)) != 0)
            return -1;
        return put_once(w, "headline", text_trim(behind(line, n + 1)));
    }
    return 0;
}

static int
take_line(struct walk *w, struct span line, bool corrected)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        size_t n = strlen(labels[i].label);
        if (line.n > n && line.p[n] == ':' && text_equal_nocase(span_of(line.p, n), labels[i].label))
            return put_once(w, labels[i].field, text_trim(behind(line, n + 1)));
    }
    return take_headline(w, line, corrected);
}

static bool
holds_word(struct span text, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, word, n) == 0)
            return true;
    }
    return false;
}

static int
take_message(struct walk *w, struct span text)
{
    bool corrected = holds_word(text, "CORRECTED");
    size_t from = 0;

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != '\n' && text.p[i] != '\r')
            continue;
        if (i > from && take_line(w, text_trim(span_of(text.p + from, i - from)), corrected) != 0)
            return -1;
        from = i + 1;
    }
    return 0;
}

static int
alert_begin(struct walk *w, const struct json_event *event)
{
    return space_weather_put(w, "provider", span_str("SWPC"), event->place);
}

static int
alert_value(struct walk *w, const struct json_event *event)
{
    if (event->kind == JSON_NULL)
        return 0;
    if (span_is(event->key, "message"))
        return take_message(w, event->text);
    if (span_is(event->key, "issue_datetime"))
        return 0; /* the message has its own issue time, to the minute that people are told */
    return space_weather_put(
        w, event->key.p != NULL && span_is(event->key, "product_id") ? "product_id" : w->name[event->depth],
        event->text, event->place);
}

static int
alert_finish(struct walk *w)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)w->fill.msg;
    char id[2 * LIMIT_NAME_BYTES + 2];

    if (m->code[0] == 0 || m->serial[0] == 0)
        return why_set(w->why, WHY_FIELD_MISSING, w->at.line, w->at.column, "message",
                       "expected the lines `Space Weather Message Code:` and `Serial Number:`");
    if (m->kind[0] == 0)
        return why_set(w->why, WHY_FIELD_VALUE, w->at.line, w->at.column, "message",
                       "expected a line that begins with ALERT, WARNING, WATCH or SUMMARY");
    (void)snprintf(id, sizeof id, "%.64s-%.64s", m->code, m->serial);
    return space_weather_put(w, "id", span_str(id), w->at);
}

static int
probe_alerts(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "product_id") && json_has_key(head, "message") ? 90 : 0;
}

static int
read_alerts(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
            struct why *why)
{
    struct walk w = {.format = "swpc-alerts",
                     .depth = 1,
                     .begin = alert_begin,
                     .value = alert_value,
                     .finish = alert_finish};

    return space_weather_walk(&w, input, how, a, emit, cookie, why);
}

const struct reader space_weather_alerts_reader = {
    "swpc-alerts",     "application/json", "messages of NOAA SWPC (alerts.json)",
    LIMIT_INPUT_BYTES, probe_alerts,       read_alerts};

/* --- Scales ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *scale, *member, *field;
} scale_fields[] = {
    {"R", "Scale", "r"},
    {"R", "Text", "r_text"},
    {"R", "MinorProb", "r_minor_prob"},
    {"R", "MajorProb", "r_major_prob"},
    {"S", "Scale", "s"},
    {"S", "Text", "s_text"},
    {"S", "Prob", "s_prob"},
    {"G", "Scale", "g"},
    {"G", "Text", "g_text"},
};

static int
scales_begin(struct walk *w, const struct json_event *event)
{
    if (space_weather_put(w, "provider", span_str("SWPC"), event->place) != 0 ||
        space_weather_put(w, "kind", span_str("SCALES"), event->place) != 0)
        return -1;
    return space_weather_put(w, "id", span_str("scales"), event->place);
}

/* Day 0 is now: its values are fields. The others keep the names that lead to them: "1.R.MinorProb". */
static int
scales_value(struct walk *w, const struct json_event *event)
{
    char name[LIMIT_NAME_BYTES + 1];
    bool is_now = strcmp(w->name[1], "0") == 0;

    if (event->kind == JSON_NULL)
        return 0;
    if (is_now && event->depth == 2 &&
        (span_is(event->key, "DateStamp") || span_is(event->key, "TimeStamp"))) {
        buf_put_str(&w->list[0], w->list[0].n > 0 ? " " : "");
        buf_put_span(&w->list[0], event->text);
        return 0;
    }
    for (size_t i = 0; is_now && event->depth == 3 && i < sizeof scale_fields / sizeof *scale_fields; i++) {
        if (strcmp(w->name[2], scale_fields[i].scale) == 0 && span_is(event->key, scale_fields[i].member))
            return space_weather_put(w, scale_fields[i].field, event->text, event->place);
    }
    if (event->depth == 3)
        (void)snprintf(name, sizeof name, "%.16s.%.16s.%.30s", w->name[1], w->name[2], w->name[3]);
    else
        (void)snprintf(name, sizeof name, "%.16s.%.30s", w->name[1], w->name[event->depth]);
    return space_weather_put(w, name, event->text, event->place);
}

static int
scales_finish(struct walk *w)
{
    if (w->list[0].n == 0)
        return why_set(w->why, WHY_FIELD_MISSING, w->at.line, w->at.column, "0",
                       "missing: expected the scales of day 0 with their date and time");
    return space_weather_put(w, "issued", buf_span(&w->list[0]), w->at);
}

static int
probe_scales(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "DateStamp") && json_has_key(head, "MinorProb") ? 90
                                                                                                      : 0;
}

static int
read_scales(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
            struct why *why)
{
    struct walk w = {.format = "swpc-scales",
                     .depth = 0,
                     .begin = scales_begin,
                     .value = scales_value,
                     .finish = scales_finish};

    return space_weather_walk(&w, input, how, a, emit, cookie, why);
}

const struct reader space_weather_scales_reader = {
    "swpc-scales",     "application/json", "NOAA scales R, S, G of five days",
    LIMIT_INPUT_BYTES, probe_scales,       read_scales};

/* --- K index --------------------------------------------------------------------------------------------------- */

static int
kp_begin(struct walk *w, const struct json_event *event)
{
    return space_weather_put(w, "provider", span_str("SWPC"), event->place) != 0
               ? -1
               : space_weather_put(w, "kind", span_str("K INDEX"), event->place);
}

/* The K index of one minute is spelled in thirds: 2M is 2 minus, 0Z is 0, 3P is 3 plus. */
static bool
is_thirds(struct span s)
{
    return s.n == 2 && s.p[0] >= '0' && s.p[0] <= '9' && memchr("MZP", s.p[1], 3) != NULL;
}

static int
kp_value(struct walk *w, const struct json_event *event)
{
    if (event->kind == JSON_NULL)
        return 0;
    if (span_is(event->key, "time_tag"))
        return space_weather_put(w, "issued", event->text, event->place);
    if (span_is(event->key, "kp") && is_thirds(event->text))
        return space_weather_put(w, "kp_thirds", event->text, event->place);
    if (span_is(event->key, "Kp") || span_is(event->key, "kp"))
        return space_weather_put(w, "kp", event->text, event->place);
    return space_weather_put(w, w->name[event->depth], event->text, event->place);
}

static int
kp_finish(struct walk *w)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)w->fill.msg;

    bool is_minute = m->estimated_kp[0] != 0 && m->kp_thirds[0] != 0;

    if ((m->kp[0] == 0 && !is_minute) || m->issued[0] == 0)
        return why_set(w->why, WHY_FIELD_MISSING, w->at.line, w->at.column,
                       m->issued[0] == 0      ? "time_tag"
                       : m->kp_thirds[0] != 0 ? "estimated_kp"
                                              : "Kp",
                       "missing: it is mandatory");
    /* Another id: an estimate of one minute replaces no index of three hours. */
    return space_weather_put(w, "id", span_str(is_minute ? "planetary-k-1m" : "planetary-k"), w->at);
}

/* Rows of the older shape: the first names the columns. */
struct rows {
    struct walk *w;
    struct span names; /* the row with the names of the columns */
    unsigned depth;    /* at which the rows stand */
    unsigned row, column, columns;
    char name[8][LIMIT_NAME_BYTES + 1];
};

static int
on_cell(struct rows *r, const struct json_event *event)
{
    struct json_event named = *event;

    if (r->column >= 8)
        return why_set(r->w->why, WHY_TEXT_LIMIT, event->place.line, event->place.column, NULL,
                       "more than 8 columns");
    if (r->row == 0) {
        (void)snprintf(r->name[r->column++], sizeof r->name[0], "%.*s",
                       event->text.n > LIMIT_NAME_BYTES ? 0 : (int)event->text.n,
                       (const char *)event->text.p);
        r->columns = r->column;
        return 0;
    }
    if (r->column >= r->columns)
        return why_set(r->w->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL,
                       "more values than columns");
    named.key = span_str(r->name[r->column]);
    (void)snprintf(r->w->name[event->depth], sizeof r->w->name[0], "%s", r->name[r->column]);
    r->column++;
    return kp_value(r->w, &named);
}

static int
begin_row(struct rows *r, const struct json_event *event)
{
    struct walk *w = r->w;

    r->column = 0;
    w->start = event->raw.p;
    w->at = event->place;
    if (r->row == 0)
        return 0;
    return fill_begin(&w->fill, &space_weather_map, FILL_TABLE, w->how, w->arena, w->why) != 0
               ? -1
               : kp_begin(w, event);
}

static int
end_row(struct rows *r, const struct json_event *event)
{
    struct walk *w = r->w;
    struct span row = span_of(w->start, (size_t)(event->raw.p + event->raw.n - w->start));

    if (r->row++ == 0) {
        r->names = row;
        return 0;
    }
    w->records++;
    if (kp_finish(w) != 0 || fill_source(&w->fill, w->format, row, r->names) != 0 ||
        fill_end(&w->fill, NULL, w->at) != 0)
        return -1;
    return fill_emit(&w->fill, w->emit, w->cookie);
}

static int
on_row(void *cookie, const struct json_event *event, struct why *why)
{
    struct rows *r = cookie;

    (void)why;
    if (event->depth == r->depth && event->kind == JSON_ARRAY)
        return begin_row(r, event);
    if (event->depth == r->depth && event->kind == JSON_ARRAY_END)
        return end_row(r, event);
    if (event->depth < r->depth && (event->kind == JSON_ARRAY || event->kind == JSON_ARRAY_END))
        return 0;
    if (event->depth != r->depth + 1 || event->kind == JSON_OBJECT || event->kind == JSON_ARRAY)
        return why_set(r->w->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL,
                       "expected rows of values");
    return on_cell(r, event);
}

/* Does ${head} begin with ${n} brackets and then a text? */
static bool
begins(struct span head, unsigned n)
{
    unsigned brackets = 0;

    for (size_t i = 0; i < head.n; i++) {
        if (head.p[i] == '[')
            brackets++;
        else if (head.p[i] != ' ' && head.p[i] != '\n' && head.p[i] != '\r' && head.p[i] != '\t')
            return brackets == n && head.p[i] == '"';
    }
    return false;
}

/* An array of rows; or the names and one row, which is how a record stands alone. */
static bool
is_rows(struct span head)
{
    return begins(head, 2) || begins(head, 1);
}

static bool
names_kp(struct span head)
{
    return holds_word(head, "\"time_tag\"") && (holds_word(head, "\"Kp\"") || holds_word(head, "\"kp\""));
}

static int
probe_kp(struct span head)
{
    return (json_is_likely(head) || is_rows(head)) && names_kp(head) ? 85 : 0;
}

static int
read_kp(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
        struct why *why)
{
    struct walk w = {
        .format = "swpc-kp", .depth = 1, .begin = kp_begin, .value = kp_value, .finish = kp_finish};
    struct rows r = {.w = &w, .depth = begins(input, 2)};

    if (!is_rows(input))
        return space_weather_walk(&w, input, how, a, emit, cookie, why);
    w.how = how, w.arena = a, w.emit = emit, w.cookie = cookie, w.why = why;
    if (json_read(input, on_row, &r, why) != 0)
        return -1;
    return w.records > 0
               ? 0
               : why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no rows behind the names of the columns");
}

const struct reader space_weather_kp_reader = {
    "swpc-kp",         "application/json", "planetary K index of NOAA SWPC, both shapes",
    LIMIT_INPUT_BYTES, probe_kp,           read_kp};
