/* consult: say something of an event to the other nodes, or read what was said. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/pick.h"
#include "cli/remark.h"
#include "cli/screen.h"
#include "cli/thread.h"
#include "consultation.pb-c.h"

/* What is kept of a statement to tell which requests have no answer. */
struct said {
    char id[RECORD_ID_TEXT_MAX];
    char *origin, *in_reply_to, *to, *answer_by;
    bool is_request;
};

struct consult {
    struct args args;
    Parallax__V1__Mode mode;
    char event[LIMIT_EVENT_ID_BYTES + 1]; /* as it is shown */
    char state[16];
    int64_t time_ms; /* of the node */
    struct said *said;
    size_t n;
};

static void
take_event(void *cookie, const Parallax__V1__EventRow *event, int64_t time_ms)
{
    struct consult *s = cookie;

    s->time_ms = time_ms;
    (void)snprintf(s->event, sizeof s->event, "%s", event->id);
    (void)snprintf(s->state, sizeof s->state, "%s", event->state);
}

static void
put_part(struct buf *out, const char *name, const char *text)
{
    if (text[0] == 0)
        return;
    buf_put_fmt(out, "    %-12s ", name);
    text_quote(out, span_str(text), LIMIT_TEXT_BYTES);
    buf_put_byte(out, '\n');
}

static void
put_text(const struct row *r, const Parallax__V1__Consultation *said, struct buf *out)
{
    screen_mode(out, row_mode(r));
    screen_text(out, said->issued);
    buf_put_str(out, "  ");
    screen_text(out, r->in->origin);
    buf_put_str(out, "  ");
    screen_text(out, said->act);
    if (said->claim[0] != 0) {
        buf_put_str(out, ": ");
        screen_text(out, said->claim);
        buf_put_str(out, " for ");
        screen_text(out, said->object);
    }
    if (r->in->disputed)
        buf_put_str(out, "  DISPUTED: its log contradicts itself");
    buf_put_byte(out, '\n');
    put_part(out, "says", said->text);
    put_part(out, "by", said->issuer);
    put_part(out, "person", said->officer);
    put_part(out, "contact", said->contact);
    put_part(out, "as", said->role);
    put_part(out, "to", said->to);
    put_part(out, "answer by", said->answer_by);
    put_part(out, "manoeuvre", said->manoeuvre_time);
    put_part(out, "valid until", said->valid_until);
    put_part(out, "probability", said->probability);
    put_part(out, "of record", said->record);
    put_part(out, "answers", said->in_reply_to);
    put_part(out, "record", r->id);
}

static void
keep(struct consult *s, const struct row *r, const Parallax__V1__Consultation *said)
{
    struct said *new;

    s->said = mem_resize(s->said, (s->n + 1) * sizeof *s->said);
    new = &s->said[s->n++];
    *new = (struct said){.origin = mem_strdup(r->in->origin),
                         .in_reply_to = mem_strdup(said->in_reply_to),
                         .to = mem_strdup(said->to),
                         .answer_by = mem_strdup(said->answer_by),
                         .is_request = strcmp(said->act, "REQUEST") == 0};
    memcpy(new->id, r->id, sizeof new->id);
}

static void
forget(struct consult *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->said[i].origin);
        free(s->said[i].in_reply_to);
        free(s->said[i].to);
        free(s->said[i].answer_by);
    }
    free(s->said);
}

static bool
has_answered(const struct consult *s, struct span node, const char *id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strlen(s->said[i].origin) == node.n && memcmp(s->said[i].origin, node.p, node.n) == 0 &&
            strcmp(s->said[i].in_reply_to, id) == 0)
            return true;
    }
    return false;
}

/* Who was asked by name and has not answered: "OVERDUE since ...: no answer of jp-jaxa to RECORD". */
static void
put_waiting(const struct consult *s, const struct said *asked, struct buf *out)
{
    struct utc by, now = utc_from_ms(s->time_ms);
    bool has_time = utc_parse(span_str(asked->answer_by), &by) == 0;
    char name[LIMIT_NAME_BYTES + 1];
    size_t n = 0;

    for (const char *at = asked->to; *at != 0;) {
        size_t length = strcspn(at, " ");

        if (length > 0 && !has_answered(s, span_of(at, length), asked->id)) {
            if (n++ == 0)
                buf_put_str(out, !has_time                  ? "WAITING"
                                 : utc_compare(by, now) < 0 ? "OVERDUE since "
                                                            : "WAITING until ");
            if (n == 1)
                screen_text(out, asked->answer_by);
            buf_put_str(out, n == 1 ? ": no answer of " : ", ");
            (void)snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1),
                           at);
            screen_text(out, name);
        }
        at += length + (at[length] == ' ');
    }
    if (n > 0)
        buf_put_fmt(out, " to %s\n", asked->id);
}

static void
show_waiting(const struct consult *s)
{
    struct buf out;

    buf_init(&out, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < s->n; i++) {
        if (s->said[i].is_request)
            put_waiting(s, &s->said[i], &out);
    }
    screen_flush(&out);
    buf_release(&out);
}

static void
take_row(void *cookie, const struct row *r)
{
    struct consult *s = cookie;
    struct buf out;

    if (r->msg == NULL || r->msg->descriptor != &parallax__v1__consultation__descriptor)
        return;
    buf_init(&out, LIMIT_API_BYTES);
    if (args_has(&s->args, "json")) {
        row_json(r, span_of(NULL, 0), &out);
        buf_put_byte(&out, '\n');
    } else {
        put_text(r, (const Parallax__V1__Consultation *)r->msg, &out);
    }
    screen_flush(&out);
    buf_release(&out);
    keep(s, r, (const Parallax__V1__Consultation *)r->msg);
}

/* What one may give with which act is the type's own check: its word reaches the user as it is. */
static int
say(struct consult *s, struct client *c)
{
    static const char *const pairs[][2] = {
        {"officer", "officer"},   {"contact", "contact"},     {"role", "role"},     {"to", "to"},
        {"in_reply_to", "reply"}, {"answer_by", "answer-by"}, {"claim", "claim"},   {"object", "object"},
        {"manoeuvre_time", "at"}, {"valid_until", "until"},   {"record", "record"}, {"text", "text"}};
    struct remark r;
    char node[LIMIT_NAME_BYTES + 1], act[16], id[RECORD_ID_TEXT_MAX];
    size_t n = 0;
    int status = remark_node(c, node);

    if (status != EXIT_DONE)
        return status;
    for (; n + 1 < sizeof act && s->args.at[1][n] != 0; n++)
        act[n] = (char)toupper((unsigned char)s->args.at[1][n]);
    act[n] = 0;
    remark_init(&r, &s->args, "consultation-json", "CONSULTATION/1");
    r.issuer = args_get(&s->args, "issuer");
    r.audience = args_get(&s->args, "audience");
    remark_put_head(&r, act, node);
    remark_put(&r, "event", s->event);
    remark_put(&r, "act", act);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        remark_put_option(&r, pairs[i][0], pairs[i][1]);
    if (remark_put_number(&r, "probability", args_get(&s->args, "probability")) != 0)
        status =
            args_usage(&s->args, "--probability %.40s: expected a number", args_get(&s->args, "probability"));
    else
        status = remark_send(&r, c, s->mode, id);
    remark_release(&r);
    if (status == EXIT_DONE && args_has(&s->args, "json"))
        printf("{\"id\":\"%s\",\"event\":\"%s\",\"act\":\"%s\"}\n", id, s->event, act);
    else if (status == EXIT_DONE)
        printf("%s\n", id);
    return status;
}

int
cmd_consult(int argc, char **argv)
{
    struct consult s = {.n = 0};
    struct client *c;
    int status;

    if (!args_read(&s.args, "consult", 1, 2, argc, argv, &status))
        return status;
    if ((status = pick_mode(&s.args, &s.mode)) != EXIT_DONE || (c = client_new(&s.args, &status)) == NULL)
        return status;
    if (s.args.n == 1) {
        status = thread_each(c, s.args.at[0], s.mode, take_event, take_row, &s);
        if (status == EXIT_DONE && s.n == 0)
            fprintf(stderr, "nothing was said of %s\n", s.event);
        if (status == EXIT_DONE && !args_has(&s.args, "json"))
            show_waiting(&s);
        forget(&s);
    } else {
        status = thread_each(c, s.args.at[0], s.mode, take_event, NULL, &s);
        if (status == EXIT_DONE)
            status = say(&s, c);
    }
    client_free(c);
    return status;
}
