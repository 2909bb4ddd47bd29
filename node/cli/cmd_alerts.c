/* alerts: what nodes derived by rules and is not over, newest first. */
#include <stdio.h>
#include <string.h>

#include "alert.pb-c.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/fresh.h"
#include "cli/newest.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "watch/derive.h"

struct alerts {
    struct args args;
    struct newest_list list;
};

static void
put_part(struct buf *out, const char *name, const char *text)
{
    buf_put_fmt(out, "    %-8s ", name);
    text_quote(out, span_str(text), LIMIT_TEXT_BYTES);
    buf_put_byte(out, '\n');
}

static void
put_text(const struct row *r, const Parallax__V1__Alert *alert, struct buf *out)
{
    bool is_overridden = strcmp(alert->overridden, "YES") == 0;

    screen_mode(out, row_mode(r));
    screen_text(out, alert->level);
    buf_put_str(out, strcmp(alert->state, "CANCELLED") == 0 ? " (over)  " : "  ");
    screen_text(out, alert->headline);
    buf_put_str(out, "\n    by       ");
    screen_text(out, r->in->origin);
    buf_put_str(out, ", rule ");
    screen_text(out, alert->rule);
    buf_put_byte(out, ' ');
    screen_text(out, alert->rule_version);
    buf_put_str(out, is_overridden ? "* (not as supplied), since " : ", since ");
    screen_text(out, alert->since);
    buf_put_str(out, ", ");
    screen_text(out, alert->state);
    buf_put_byte(out, ' ');
    screen_text(out, alert->issued);
    buf_put_byte(out, '\n');
    put_part(out, "values", alert->values);
    put_part(out, "inputs", alert->inputs);
    put_part(out, "record", r->id);
    buf_put_str(out, "    fresh    ");
    fresh_put_row(out, r);
    buf_put_byte(out, '\n');
}

static void
take_row(void *cookie, const Parallax__V1__RecordRow *in)
{
    struct alerts *s = cookie;
    struct row r;
    struct buf out;
    struct utc issued;
    const Parallax__V1__Alert *alert;

    row_open(&r, in);
    alert = (const Parallax__V1__Alert *)r.msg;
    if (alert != NULL && (args_has(&s->args, "all") || strcmp(alert->state, "CANCELLED") != 0)) {
        buf_init(&out, LIMIT_API_BYTES);
        if (args_has(&s->args, "json")) {
            row_json(&r, span_of(NULL, 0), &out);
            buf_put_byte(&out, '\n');
        } else {
            put_text(&r, alert, &out);
        }
        (void)utc_parse(span_str(alert->issued), &issued);
        newest_add(&s->list, issued, &out);
        buf_release(&out);
    }
    row_close(&r);
}

int
cmd_alerts(int argc, char **argv)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    struct alerts s = {.list = {NULL, 0}};
    struct client *c;
    int status;

    if (!args_read(&s.args, "alerts", 0, 0, argc, argv, &status))
        return status;
    q.type = (char *)(uintptr_t)DERIVE_TYPE;
    status = pick_mode(&s.args, &q.mode);
    if (status != EXIT_DONE || (c = client_new(&s.args, &status)) == NULL)
        return status;
    status = newest_each(c, q, take_row, &s);
    client_free(c);
    if (s.list.n == 0 && status == EXIT_DONE)
        fprintf(stderr, "no alerts%s\n", args_has(&s.args, "all") ? "" : " are open");
    newest_print(&s.list);
    return status;
}
