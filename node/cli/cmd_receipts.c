/*
 * receipts: who was told of an event, and when. That a node stored a record it says by itself to the record's origin; that a person saw it is a record that this person's
 * node signed.
 */
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/pick.h"
#include "cli/remark.h"
#include "cli/screen.h"
#include "cli/thread.h"
#include "receipt.pb-c.h"

struct receipts {
    struct args args;
    Parallax__V1__Mode mode;
    char node[LIMIT_NAME_BYTES + 1];
    char event[LIMIT_EVENT_ID_BYTES + 1], state[16];
    struct buf told, seen; /* lines, or members of arrays */
    size_t told_n, seen_n;
};

/* --- What was seen --------------------------------------------------------------------------------------------- */

static void
put_seen(struct receipts *s, const struct row *r, const Parallax__V1__Receipt *receipt)
{
    struct buf *out = &s->seen;

    s->seen_n++;
    if (args_has(&s->args, "json")) {
        row_json(r, span_of(NULL, 0), out);
        return;
    }
    buf_put_str(out, "  ");
    screen_text(out, receipt->seen_at);
    buf_put_str(out, "  ");
    text_quote(out, span_str(receipt->seen_by), LIMIT_TEXT_BYTES);
    buf_put_str(out, " at ");
    screen_text(out, r->in->origin);
    if (receipt->note[0] != 0) {
        buf_put_str(out, ": ");
        text_quote(out, span_str(receipt->note), LIMIT_TEXT_BYTES);
    }
    if (r->in->disputed)
        buf_put_str(out, "  DISPUTED: its log contradicts itself");
    buf_put_str(out, "\n    signed ");
    screen_text(out, receipt->issued);
    buf_put_fmt(out, " as %s", r->id);
    if (receipt->records[0] != 0) {
        buf_put_str(out, "\n    saw    ");
        screen_text(out, receipt->records);
    }
    buf_put_byte(out, '\n');
}

/* --- What was told --------------------------------------------------------------------------------------------- */

static void
put_holders(struct receipts *s, struct client *c, const struct row *r, int *status)
{
    Parallax__V1__HoldersRequest q = PARALLAX__V1__HOLDERS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_HOLDERS);
    Parallax__V1__Answer *answer;
    bool is_json = args_has(&s->args, "json");
    size_t n = 0;

    q.id = r->in->id;
    request.holders = &q;
    answer = client_ask(c, &request, status);
    if (answer == NULL)
        return;
    buf_put_str(&s->told, is_json ? ",\"stored_by\":[" : "\n    stored by ");
    for (size_t i = 0; i < answer->holders->n_holders; i++) {
        const Parallax__V1__Holder *h = answer->holders->holders[i];

        if (h->stored <= r->in->id->index)
            continue;
        buf_put_str(&s->told, n++ > 0 ? (is_json ? "," : ", ") : "");
        if (is_json)
            text_json(&s->told, span_str(h->node));
        else
            screen_text(&s->told, h->node);
    }
    buf_put_str(&s->told, is_json ? "]" : n == 0 ? "nobody yet" : "");
    client_answer_free(answer);
}

struct each {
    struct receipts *s;
    struct client *c; /* a connection of its own: the other is in the middle of its pages */
    int status;
};

static void
put_told(struct each *e, const struct row *r)
{
    struct receipts *s = e->s;
    struct buf *out = &s->told;
    bool is_json = args_has(&s->args, "json");

    s->told_n++;
    if (is_json) {
        buf_put_fmt(out, "%s{\"id\":\"%s\",\"origin\":", s->told_n > 1 ? "," : "", r->id);
        text_json(out, span_str(r->in->origin));
        buf_put_fmt(out, ",\"type\":\"%s\",\"received\":\"", r->type->name);
        screen_time(out, r->in->received_ms);
        buf_put_byte(out, '"');
    } else {
        buf_put_str(out, "  ");
        screen_time(out, r->in->received_ms);
        buf_put_fmt(out, "  %s of ", r->type->name);
        screen_text(out, r->in->origin);
        buf_put_fmt(out, " stored here as %s", r->id);
    }
    if (strcmp(r->in->origin, s->node) == 0)
        put_holders(s, e->c, r, &e->status);
    buf_put_str(out, is_json ? "}" : "\n");
}

static void
take_row(void *cookie, const struct row *r)
{
    struct each *e = cookie;

    if (r->type == NULL || e->status != EXIT_DONE)
        return;
    if (r->msg != NULL && r->msg->descriptor == &parallax__v1__receipt__descriptor)
        put_seen(e->s, r, (const Parallax__V1__Receipt *)r->msg);
    else
        put_told(e, r);
}

static void
take_event(void *cookie, const Parallax__V1__EventRow *event, int64_t time_ms)
{
    struct receipts *s = ((struct each *)cookie)->s;

    (void)time_ms;
    (void)snprintf(s->event, sizeof s->event, "%s", event->id);
    (void)snprintf(s->state, sizeof s->state, "%s", event->state);
}

static void
show(struct receipts *s)
{
    struct buf out;

    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (args_has(&s->args, "json")) {
        buf_put_fmt(&out, "{\"event\":\"%s\",\"state\":\"%s\",\"told\":[", s->event, s->state);
        buf_put_span(&out, buf_span(&s->told));
        buf_put_str(&out, "],\"seen\":[");
        buf_put_span(&out, buf_span(&s->seen));
        buf_put_str(&out, "]}\n");
    } else {
        row_warn_mode((int)s->mode);
        buf_put_fmt(&out, "%s  %s\ntold: records that this node holds\n", s->event, s->state);
        buf_put_span(&out, buf_span(&s->told));
        buf_put_str(&out, s->seen_n > 0 ? "seen: receipts that persons' nodes signed\n"
                                        : "seen: no receipt is held\n");
        buf_put_span(&out, buf_span(&s->seen));
    }
    screen_flush(&out);
    buf_release(&out);
}

int
cmd_receipts(int argc, char **argv)
{
    struct receipts s = {.told_n = 0};
    struct each e = {.s = &s, .status = EXIT_DONE};
    struct client *c;
    int status;

    if (!args_read(&s.args, "receipts", 1, 1, argc, argv, &status))
        return status;
    if ((status = pick_mode(&s.args, &s.mode)) != EXIT_DONE || (c = client_new(&s.args, &status)) == NULL)
        return status;
    buf_init(&s.told, LIMIT_OUTPUT_BYTES);
    buf_init(&s.seen, LIMIT_OUTPUT_BYTES);
    status = remark_node(c, s.node);
    if (status == EXIT_DONE && (e.c = client_new(&s.args, &status)) != NULL)
        status = thread_each(c, s.args.at[0], s.mode, take_event, take_row, &e);
    if (status == EXIT_DONE)
        status = e.status;
    if (status == EXIT_DONE)
        show(&s);
    buf_release(&s.told);
    buf_release(&s.seen);
    client_free(e.c);
    client_free(c);
    return status;
}
