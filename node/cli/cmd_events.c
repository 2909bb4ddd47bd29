/* events: what records are about together; one of them in full. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"
#include "cli/event.h"
#include "cli/fresh.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "core/object.h"

/* One event, written already. */
struct line {
    struct utc when; /* it closes; zero: no time ends it */
    char *text;
};

struct events {
    struct args args;
    Parallax__V1__EventsRequest q;
    Parallax__V1__Utc since, until;
    char object[PICK_OBJECT_MAX], pair[PICK_OBJECT_MAX];
    struct line *line;
    size_t n;
    uint64_t limit;
    bool behind;
    struct buf cursor;
};

/* The next to close first; then what no time ends. */
static int
compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    bool x_open = utc_is_zero(x->when), y_open = utc_is_zero(y->when);
    int rc = x_open || y_open ? x_open - y_open : utc_compare(x->when, y->when);

    return rc != 0 ? rc : strcmp(x->text, y->text);
}

static void
put_text(const Parallax__V1__EventRow *r, int mode, int64_t now_ms, struct buf *out)
{
    screen_mode(out, mode);
    buf_put_fmt(out, "%s  %s\n    ", r->id, r->state);
    if (r->closes != NULL) {
        buf_put_str(out, "closes ");
        fresh_put_time(out, event_utc(r->closes));
        buf_put_str(out, ", ");
        event_put_until(out, event_utc(r->closes), now_ms);
        buf_put_str(out, "; ");
    }
    buf_put_fmt(out, "%llu record%s", (unsigned long long)r->members, r->members == 1 ? "" : "s");
    for (size_t i = 0; i < r->n_standing; i++) {
        buf_put_str(out, i == 0 ? "; " : ", ");
        event_put_who(out, r->standing[i]->origin, r->standing[i]->voice);
        buf_put_str(out, r->standing[i]->withdrawn ? " (withdrawn)" : r->standing[i]->ended ? " (over)" : "");
    }
    if (r->standing_count > r->n_standing)
        buf_put_fmt(out, " and %llu more", (unsigned long long)(r->standing_count - r->n_standing));
    buf_put_byte(out, '\n');
    for (size_t i = 0; i < r->n_standing; i++) {
        const Parallax__V1__EventWord *w = r->standing[i];

        buf_put_str(out, "    ");
        event_put_who(out, w->origin, w->voice);
        buf_put_str(out, ": ");
        fresh_put(out, event_utc(w->at), event_utc(w->created), w->received_ms, w->complete_ms);
        buf_put_byte(out, '\n');
    }
}

static void
put_json(const Parallax__V1__EventRow *r, int mode, int64_t now_ms, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "id", r->id);
    object_str(out, "mode", record_mode_name(mode));
    object_str(out, "kind", r->kind);
    object_str(out, "scope", r->scope);
    event_put_joined(out, r);
    object_str(out, "state", r->state);
    object_utc(out, "first", event_utc(r->first));
    object_utc(out, "last", event_utc(r->last));
    object_utc(out, "closes", event_utc(r->closes));
    object_uint(out, "members", r->members);
    object_open_list(out, "standing");
    for (size_t i = 0; i < r->n_standing; i++) {
        const Parallax__V1__EventWord *w = r->standing[i];
        char id[RECORD_ID_TEXT_MAX] = "";

        if (w->record != NULL && w->record->log.len == LOG_ID_BYTES)
            record_id_print(w->record->log.data, w->record->index, id);
        object_open(out, NULL);
        object_str(out, "record", id);
        object_str(out, "origin", w->origin);
        object_str(out, "voice", w->voice);
        object_utc(out, "epoch", event_utc(w->at));
        object_utc(out, "issued", event_utc(w->issued));
        object_utc(out, "created", event_utc(w->created));
        object_ms(out, "received", w->received_ms);
        object_ms(out, "complete_up_to", w->complete_ms > 0 ? w->complete_ms : 0);
        object_bool(out, "ended", w->ended);
        object_bool(out, "withdrawn", w->withdrawn);
        object_close(out);
    }
    object_close_list(out);
    object_ms(out, "as_of", now_ms);
    object_close(out);
    buf_put_byte(out, '\n');
}

static void
take_row(struct events *s, const Parallax__V1__EventRow *r, int64_t now_ms)
{
    struct buf out;

    buf_init(&out, LIMIT_API_BYTES);
    if (args_has(&s->args, "json"))
        put_json(r, (int)s->q.mode, now_ms, &out);
    else
        put_text(r, (int)s->q.mode, now_ms, &out);
    s->line = mem_resize(s->line, (s->n + 1) * sizeof *s->line);
    s->line[s->n++] = (struct line){event_utc(r->closes), mem_strdup(buf_cstr(&out))};
    buf_release(&out);
}

static int
ask(struct events *s, struct client *c)
{
    int status = EXIT_DONE;
    bool more = true;

    while (more && status == EXIT_DONE && s->n < s->limit) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_EVENTS);
        Parallax__V1__Answer *answer;

        s->q.cursor = (ProtobufCBinaryData){s->cursor.n, s->cursor.p};
        s->q.limit = s->limit - s->n < LIMIT_API_PAGE_COUNT ? (uint32_t)(s->limit - s->n) : 0;
        request.events = &s->q;
        answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        s->behind |= answer->events->behind;
        for (size_t i = 0; i < answer->events->n_events && s->n < s->limit; i++)
            take_row(s, answer->events->events[i], answer->events->time_ms);
        buf_clear(&s->cursor);
        buf_put(&s->cursor, answer->events->cursor.data, answer->events->cursor.len);
        more = answer->events->cursor.len > 0;
        client_answer_free(answer);
    }
    return status;
}

static int
read_options(struct events *s)
{
    const char *kind = args_get(&s->args, "kind"), *state = args_get(&s->args, "state");
    struct utc since, until;
    int status = pick_mode(&s->args, &s->q.mode);

    if (status == EXIT_DONE && args_has(&s->args, "object"))
        status = pick_alias(&s->args, args_get(&s->args, "object"), s->object);
    if (status == EXIT_DONE && args_has(&s->args, "pair"))
        status = args_has(&s->args, "object")
                     ? args_usage(&s->args, "--object and --pair: expected one of them")
                     : pick_pair(&s->args, args_get(&s->args, "pair"), s->object, s->pair);
    if (status == EXIT_DONE)
        status = fresh_cursor(&s->args, &s->cursor);
    if (status != EXIT_DONE)
        return status;
    if (args_uint(&s->args, "limit", 1, LIMIT_EVENT_LIST_COUNT, LIMIT_EVENT_LIST_COUNT, &s->limit) != 0)
        return EXIT_USAGE;
    if (args_time(&s->args, "since", &since) != 0 || args_time(&s->args, "until", &until) != 0)
        return EXIT_USAGE;
    parallax__v1__utc__init(&s->since);
    parallax__v1__utc__init(&s->until);
    if (!utc_is_zero(since)) {
        s->since.mjd = since.mjd;
        s->since.ns = since.ns;
        s->q.since = &s->since;
    }
    if (!utc_is_zero(until)) {
        s->until.mjd = until.mjd;
        s->until.ns = until.ns;
        s->q.until = &s->until;
    }
    s->q.object = s->object;
    s->q.pair = s->pair;
    if (kind != NULL)
        s->q.kind = (char *)(uintptr_t)kind;
    s->q.state = (char *)(uintptr_t)(state == NULL ? "open" : strcmp(state, "all") == 0 ? "" : state);
    return EXIT_DONE;
}

static int
list(struct events *s, struct client *c)
{
    int status = ask(s, c);

    bool page = args_has(&s->args, "limit") || args_has(&s->args, "cursor"); /* in the order of the node */

    if (s->n > 0 && !page)
        qsort(s->line, s->n, sizeof *s->line, compare);
    for (size_t i = 0; i < s->n; i++) {
        fputs(s->line[i].text, stdout);
        free(s->line[i].text);
    }
    free(s->line);
    if (s->behind)
        fprintf(stderr,
                "not complete yet: the picture is being made, or what came just now is being sorted in\n");
    if (s->cursor.n > 0 && status == EXIT_DONE)
        fresh_more(&s->cursor);
    if (s->n == 0 && status == EXIT_DONE)
        fprintf(stderr, "no such events%s\n", args_has(&s->args, "state") ? "" : " are open");
    else if (status == EXIT_DONE)
        row_warn_mode((int)s->q.mode);
    return status;
}

int
cmd_events(int argc, char **argv)
{
    struct events s = {.n = 0};
    struct client *c;
    int status;

    if (!args_read(&s.args, "events", 0, 1, argc, argv, &status))
        return status;
    parallax__v1__events_request__init(&s.q);
    buf_init(&s.cursor, LIMIT_API_BYTES);
    status = read_options(&s);
    c = status == EXIT_DONE ? client_new(&s.args, &status) : NULL;
    if (c != NULL) {
        status = s.args.n == 1 ? event_show(c, &s.args, s.args.at[0], s.q.mode, args_has(&s.args, "json"))
                               : list(&s, c);
        client_free(c);
    }
    buf_release(&s.cursor);
    return status;
}
