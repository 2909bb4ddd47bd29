#include "cli/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/event_overlap.h"
#include "cli/fresh.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "core/object.h"
#include "types/event.h"
#include "types/figure.h"

/* A record of the event: what it says in figures, and in a line. The word comes first: rows are sorted as words. */
struct line {
    struct event_word word;
    char *origin, *voice, *record, *text, *json, *holders; /* ours; holders: of what stands */
    int64_t received_ms, complete_ms;
};

struct event {
    bool json;
    Parallax__V1__EventRow *row; /* of the first answer */
    Parallax__V1__Answer *answer;
    struct event_word *words; /* in the order of the history */
    struct line *line;
    size_t n;
    struct utc now;
    bool cut;
    struct event_claim claim[LIMIT_EVENT_WORDS_COUNT]; /* of what stands */
    size_t claims;
    struct event_overlaps overlaps;
};

struct utc
event_utc(const Parallax__V1__Utc *t)
{
    return record_utc(t);
}

void
event_put_joined(struct buf *out, const Parallax__V1__EventRow *r)
{
    if (r->n_joined == 0)
        return;
    object_open_list(out, "joined");
    for (size_t i = 0; i < r->n_joined; i++)
        object_str(out, NULL, r->joined[i]);
    object_close_list(out);
}

void
event_put_until(struct buf *out, struct utc t, int64_t now_ms)
{
    int64_t ms = utc_diff_ms(t, utc_from_ms(now_ms));

    buf_put_str(out, ms >= 0 ? "in " : "");
    screen_age(out, ms >= 0 ? ms : -ms);
    buf_put_str(out, ms >= 0 ? "" : " ago");
}

void
event_put_who(struct buf *out, const char *origin, const char *voice)
{
    screen_text(out, origin);
    if (voice[0] != 0) {
        buf_put_str(out, " in the words of ");
        screen_text(out, voice);
    }
}

/* What ${r} says of this event, among what it says of events. */
static void
read_event(const struct event *e, const struct row *r, struct line *l)
{
    struct type_event events[EVENTS_MAX];
    size_t n = r->msg != NULL && r->type->events != NULL ? r->type->events(r->msg, events) : 0;
    bool joined = event_is_of_objects(e->row->kind); /* a record may call the object something else */

    for (size_t i = 0; i < n; i++) {
        if (strcmp(events[i].kind, e->row->kind) != 0 ||
            (!joined && strcmp(events[i].scope, e->row->scope) != 0))
            continue;
        l->voice = mem_strdup(events[i].voice);
        l->word.at = events[i].at;
        l->word.issued = events[i].issued;
        l->word.ended = events[i].ended;
        l->word.remark = events[i].remark;
        return;
    }
}

static bool
does_stand(const struct event *e, const Parallax__V1__RecordRow *in)
{
    for (size_t i = 0; i < e->row->n_standing; i++) {
        const Parallax__V1__RecordId *id = e->row->standing[i]->record;

        if (id->index == in->id->index && id->log.len == in->id->log.len &&
            memcmp(id->log.data, in->id->log.data, id->log.len) == 0)
            return true;
    }
    return false;
}

static void
take_row(struct event *e, const Parallax__V1__RecordRow *in)
{
    struct figure figures[FIGURES_MAX];
    struct line *l;
    struct row r;
    struct buf text;

    e->line = mem_resize(e->line, (e->n + 1) * sizeof *e->line);
    l = &e->line[e->n++];
    *l = (struct line){
        .origin = mem_strdup(in->origin), .received_ms = in->received_ms, .complete_ms = in->complete_ms};
    row_open(&r, in);
    read_event(e, &r, l);
    if (l->voice == NULL)
        l->voice = mem_strdup("");
    l->record = mem_strdup(r.id);
    if (r.header != NULL)
        l->word.created = record_utc(r.header->created);
    if (utc_is_zero(l->word.issued))
        l->word.issued = l->word.created;
    l->word.stands = does_stand(e, in);
    l->word.withdrawn = r.header != NULL && (r.header->kind == PARALLAX__V1__KIND__CANCEL ||
                                             r.header->kind == PARALLAX__V1__KIND__RETRACT);
    if (r.msg != NULL && r.type->extent != NULL && l->word.stands && !l->word.withdrawn &&
        e->claims < LIMIT_EVENT_WORDS_COUNT) {
        e->claim[e->claims].type = r.type;
        r.type->extent(r.msg, &e->claim[e->claims++].extent);
    }
    if (r.msg != NULL && r.type->figures != NULL)
        event_view_take(&l->word, figures, r.type->figures(r.msg, e->now, figures));
    buf_init(&text, LIMIT_API_BYTES);
    row_summary(&r, &text);
    l->text = mem_strdup(buf_cstr(&text));
    buf_clear(&text);
    if (e->json)
        row_json(&r, span_of(NULL, 0), &text);
    l->json = mem_strdup(buf_cstr(&text));
    buf_release(&text);
    row_close(&r);
}

/* Who has said to have ${l} stored, besides its origin. */
static int
ask_holders(struct client *c, struct line *l)
{
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_HOLDERS);
    Parallax__V1__HoldersRequest q = PARALLAX__V1__HOLDERS_REQUEST__INIT;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__Answer *answer;
    uint8_t log[LOG_ID_BYTES];
    struct buf names;
    int status = EXIT_DONE;

    if (record_id_parse(span_str(l->record), log, &id.index) != 0)
        return EXIT_DONE;
    id.log = (ProtobufCBinaryData){sizeof log, log};
    q.id = &id;
    request.holders = &q;
    answer = client_ask(c, &request, &status);
    if (answer == NULL)
        return status;
    buf_init(&names, LIMIT_API_BYTES);
    for (size_t i = 0; i < answer->holders->n_holders; i++) {
        buf_put_str(&names, i == 0 ? "" : " ");
        screen_text(&names, answer->holders->holders[i]->node);
    }
    l->holders = mem_strdup(buf_cstr(&names));
    buf_release(&names);
    client_answer_free(answer);
    return status;
}

/* Pages until the last, or until there are more records than anybody reads. */
static int
ask(struct event *e, struct client *c, const char *id, Parallax__V1__Mode mode)
{
    Parallax__V1__EventRequest q = PARALLAX__V1__EVENT_REQUEST__INIT;
    struct buf cursor;
    int status = EXIT_DONE;
    bool more = true;

    buf_init(&cursor, LIMIT_API_BYTES);
    q.id = (char *)(uintptr_t)id;
    q.mode = mode;
    while (more && status == EXIT_DONE && !e->cut) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_EVENT);
        Parallax__V1__Answer *answer;

        q.cursor = (ProtobufCBinaryData){cursor.n, cursor.p};
        request.event = &q;
        answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        if (e->answer == NULL) {
            e->row = answer->event->event;
            e->now = utc_from_ms(answer->event->time_ms);
        }
        for (size_t i = 0; i < answer->event->n_rows && e->n < LIMIT_EVENT_HISTORY_COUNT; i++)
            take_row(e, answer->event->rows[i]);
        buf_clear(&cursor);
        buf_put(&cursor, answer->event->cursor.data, answer->event->cursor.len);
        more = answer->event->cursor.len > 0;
        e->cut = more && e->n == LIMIT_EVENT_HISTORY_COUNT;
        if (e->answer == NULL)
            e->answer = answer;
        else
            client_answer_free(answer);
    }
    buf_release(&cursor);
    return status;
}

static int
compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int rc = event_view_compare(&x->word, &y->word);

    return rc != 0 ? rc : strcmp(x->record, y->record);
}

static int
gather(struct event *e, struct client *c, const char *id, Parallax__V1__Mode mode)
{
    int status = ask(e, c, id, mode);

    if (e->n > 0)
        qsort(e->line, e->n, sizeof *e->line, compare);
    for (size_t i = 0; i < e->n && status == EXIT_DONE; i++) {
        e->line[i].word.origin = e->line[i].origin;
        e->line[i].word.voice = e->line[i].voice;
        if (e->line[i].word.stands)
            status = ask_holders(c, &e->line[i]);
    }
    e->words = mem_resize(NULL, (e->n + 1) * sizeof *e->words);
    for (size_t i = 0; i < e->n; i++)
        e->words[i] = e->line[i].word;
    if (status == EXIT_DONE)
        status = event_overlap_ask(c, e->claim, e->claims, e->row->id, mode, &e->overlaps);
    return status;
}

static void
put_who(struct buf *out, const struct event_word *w)
{
    event_put_who(out, w->origin, w->voice);
}

static void
put_number(struct buf *out, const char *name, double value)
{
    if (figure_is_time(name))
        fresh_put_time(out, figure_utc(value));
    else
        buf_put_fmt(out, "%.6g", value);
}

/* How far two are apart. */
static void
put_apart(struct buf *out, const char *name, double value)
{
    if (figure_is_time(name))
        screen_age(out, (int64_t)(value * 86400000 + 0.5));
    else
        buf_put_fmt(out, "%.6g", value);
}

static void
put_head(const struct event *e, int mode, struct buf *out)
{
    const Parallax__V1__EventRow *r = e->row;

    screen_mode(out, mode);
    buf_put_fmt(out, "%s\nstate    %s", r->id, r->state);
    if (r->closes != NULL) {
        buf_put_str(out, ", closes ");
        fresh_put_time(out, event_utc(r->closes));
        buf_put_str(out, ", ");
        event_put_until(out, event_utc(r->closes), e->answer->event->time_ms);
    }
    if (r->first != NULL) {
        buf_put_str(out, "\ntime     ");
        fresh_put_time(out, event_utc(r->first));
        buf_put_str(out, " to ");
        fresh_put_time(out, event_utc(r->last));
    }
    for (size_t i = 0; i < r->n_joined; i++)
        buf_put_fmt(out, "\njoined   %s", r->joined[i]);
    buf_put_fmt(out, "\nrecords  %llu", (unsigned long long)r->members);
    if (e->cut)
        buf_put_fmt(out, ", of which the first %d are shown", LIMIT_EVENT_HISTORY_COUNT);
    buf_put_byte(out, '\n');
}

/* One who stands: what it says, where its figures come from, and who has it. */
static void
put_stander(const struct event *e, const struct line *l, struct buf *out)
{
    const struct event_word *w = &l->word;

    buf_put_str(out, "\n  ");
    put_who(out, w);
    buf_put_str(out, ", issued ");
    fresh_put_time(out, w->issued);
    buf_put_str(out, w->withdrawn ? ", WITHDRAWN\n" : w->ended ? ", says that it is over\n" : "\n");
    buf_put_fmt(out, "    says     %s\n    fresh    ", l->text);
    fresh_put(out, w->at, w->created, l->received_ms, l->complete_ms);
    buf_put_byte(out, '\n');
    for (size_t i = 0; i < w->n; i++) {
        struct event_trend t = event_view_trend(e->words, e->n, w, w->figure[i].name);

        buf_put_fmt(out, "    %s ", w->figure[i].name);
        text_quote(out, span_str(w->figure[i].text), sizeof w->figure[i].text);
        buf_put_fmt(out, ", %s", event_view_course(t.course));
        if (t.n > 1) {
            buf_put_str(out, " from ");
            put_number(out, w->figure[i].name, t.before);
        }
        if (t.n > 2) {
            buf_put_str(out, ", first ");
            put_number(out, w->figure[i].name, t.first);
        }
        buf_put_byte(out, '\n');
    }
    buf_put_str(out, "    stored   here and at its origin");
    if (l->holders != NULL && l->holders[0] != 0)
        buf_put_fmt(out, ", and by %s", l->holders);
    buf_put_fmt(out, "\n    record   %s\n", l->record);
}

static void
put_spreads(const struct event *e, struct buf *out)
{
    struct event_spread s[FIGURES_MAX];
    size_t n = event_view_spread(e->words, e->n, s);
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        if (s[i].n < 2)
            continue;
        buf_put_str(out, any ? "" : "\nHow far they are apart\n");
        any = true;
        buf_put_fmt(out, "  %s ", s[i].name);
        if (!(s[i].low < s[i].high)) {
            put_number(out, s[i].name, s[i].low);
            buf_put_fmt(out, ", all %zu say the same\n", s[i].n);
            continue;
        }
        put_number(out, s[i].name, s[i].low);
        buf_put_str(out, " (");
        put_who(out, s[i].low_by);
        buf_put_str(out, ") to ");
        put_number(out, s[i].name, s[i].high);
        buf_put_str(out, " (");
        put_who(out, s[i].high_by);
        buf_put_str(out, "), apart by ");
        put_apart(out, s[i].name, s[i].high - s[i].low);
        buf_put_byte(out, '\n');
    }
}

static void
put_overlaps(const struct event *e, struct buf *out)
{
    for (size_t i = 0; i < e->overlaps.n; i++) {
        const struct event_overlap *o = &e->overlaps.of[i];

        buf_put_fmt(out, "%s  %s ", i == 0 ? "\nOverlaps in place and time with\n" : "", o->event);
        text_quote(out, span_str(o->label), sizeof o->label);
        buf_put_str(out, ", published by ");
        screen_text(out, o->who);
        buf_put_fmt(out, ": %s\n", o->text);
    }
    if (e->overlaps.is_cut)
        buf_put_fmt(out, "  and more than the %d shown\n", EVENT_OVERLAPS_MAX);
}

static void
json_overlaps(const struct event *e, struct buf *out)
{
    object_open_list(out, "overlaps");
    for (size_t i = 0; i < e->overlaps.n; i++) {
        const struct event_overlap *o = &e->overlaps.of[i];

        object_open(out, NULL);
        object_str(out, "event", o->event);
        object_str(out, "label", o->label);
        object_str(out, "origin", o->who);
        object_str(out, "text", o->text);
        object_close(out);
    }
    object_close_list(out);
}

static void
put_history(const struct event *e, bool remarks, const char *title, struct buf *out)
{
    bool any = false;

    for (size_t i = 0; i < e->n; i++) {
        const struct line *l = &e->line[i];

        if (l->word.remark != remarks)
            continue;
        buf_put_str(out, any ? "" : title);
        any = true;
        buf_put_str(out, "  ");
        fresh_put_time(out, l->word.issued);
        buf_put_str(out, "  ");
        put_who(out, &l->word);
        buf_put_fmt(out, "\n    %s%s\n    record   %s\n", l->word.withdrawn ? "WITHDRAWN: " : "", l->text,
                    l->record);
        screen_flush(out);
    }
}

static void
put_text(const struct event *e, int mode, struct buf *out)
{
    put_head(e, mode, out);
    buf_put_str(out, "\nWhat each says now\n");
    for (size_t i = 0; i < e->n; i++) {
        if (e->line[i].word.stands)
            put_stander(e, &e->line[i], out);
        screen_flush(out);
    }
    put_spreads(e, out);
    put_overlaps(e, out);
    put_history(e, false, "\nHistory, the oldest first\n", out);
    put_history(e, true, "\nSaid about it\n", out);
    screen_flush(out);
}

static void
json_word(const struct event *e, const struct line *l, struct buf *out)
{
    const struct event_word *w = &l->word;

    object_open(out, NULL);
    object_str(out, "record", l->record);
    object_str(out, "origin", w->origin);
    object_str(out, "voice", w->voice);
    object_utc(out, "at", w->at);
    object_utc(out, "epoch", w->at);
    object_utc(out, "issued", w->issued);
    object_utc(out, "created", w->created);
    object_ms(out, "received", l->received_ms);
    object_ms(out, "complete_up_to", l->complete_ms > 0 ? l->complete_ms : 0);
    object_bool(out, "ended", w->ended);
    object_bool(out, "withdrawn", w->withdrawn);
    object_str(out, "stored_by", l->holders != NULL ? l->holders : "");
    object_open_list(out, "figures");
    for (size_t i = 0; i < w->n; i++) {
        struct event_trend t = event_view_trend(e->words, e->n, w, w->figure[i].name);
        char number[40];

        object_open(out, NULL);
        object_str(out, "name", w->figure[i].name);
        (void)snprintf(number, sizeof number, "%.15g", w->figure[i].value);
        object_raw(out, "value", span_str(number));
        object_str(out, "text", w->figure[i].text);
        object_str(out, "course", event_view_course(t.course));
        if (t.n > 1) {
            (void)snprintf(number, sizeof number, "%.15g", t.before);
            object_raw(out, "before", span_str(number));
        }
        object_close(out);
    }
    object_close_list(out);
    object_close(out);
}

static void
json_spread(const struct event_spread *s, struct buf *out)
{
    char number[40];

    object_open(out, NULL);
    object_str(out, "figure", s->name);
    object_uint(out, "stated", s->n);
    (void)snprintf(number, sizeof number, "%.15g", s->low);
    object_raw(out, "low", span_str(number));
    object_str(out, "low_origin", s->low_by->origin);
    object_str(out, "low_voice", s->low_by->voice);
    (void)snprintf(number, sizeof number, "%.15g", s->high);
    object_raw(out, "high", span_str(number));
    object_str(out, "high_origin", s->high_by->origin);
    object_str(out, "high_voice", s->high_by->voice);
    object_close(out);
}

static void
put_json(const struct event *e, int mode, struct buf *out)
{
    struct event_spread s[FIGURES_MAX];
    size_t spreads = event_view_spread(e->words, e->n, s);

    object_open(out, NULL);
    object_str(out, "id", e->row->id);
    object_str(out, "mode", record_mode_name(mode));
    object_str(out, "kind", e->row->kind);
    object_str(out, "scope", e->row->scope);
    event_put_joined(out, e->row);
    object_str(out, "state", e->row->state);
    object_utc(out, "first", event_utc(e->row->first));
    object_utc(out, "last", event_utc(e->row->last));
    object_utc(out, "closes", event_utc(e->row->closes));
    object_uint(out, "members", e->row->members);
    object_bool(out, "cut", e->cut);
    object_ms(out, "as_of", e->answer->event->time_ms);
    object_open_list(out, "standing");
    for (size_t i = 0; i < e->n; i++) {
        if (e->line[i].word.stands)
            json_word(e, &e->line[i], out);
    }
    object_close_list(out);
    object_open_list(out, "spread");
    for (size_t i = 0; i < spreads; i++)
        json_spread(&s[i], out);
    object_close_list(out);
    json_overlaps(e, out);
    object_open_list(out, "history");
    for (size_t i = 0; i < e->n; i++)
        object_raw(out, NULL, span_str(e->line[i].json));
    object_close_list(out);
    object_close(out);
    buf_put_byte(out, '\n');
}

static void
release(struct event *e)
{
    for (size_t i = 0; i < e->n; i++) {
        struct line *l = &e->line[i];

        free(l->origin);
        free(l->voice);
        free(l->record);
        free(l->text);
        free(l->json);
        free(l->holders);
    }
    free(e->line);
    free(e->words);
    if (e->answer != NULL)
        client_answer_free(e->answer);
}

int
event_show(struct client *c, const struct args *a, const char *id, Parallax__V1__Mode mode, bool json)
{
    struct event e = {.json = json};
    int status = gather(&e, c, id, mode);
    struct buf out;

    if (status == EXIT_DONE) {
        buf_init(&out, (size_t)LIMIT_EVENT_HISTORY_COUNT * LIMIT_BODY_BYTES);
        if (json)
            put_json(&e, (int)mode, &out);
        else
            put_text(&e, (int)mode, &out);
        if (buf_failed(&out))
            status = args_fail(a, "no memory for so large an event");
        screen_flush(&out);
        buf_release(&out);
        row_warn_mode((int)mode);
    }
    release(&e);
    return status;
}
