/* reports: what the watches of the nodes said last: of each rule, and of each source that was late. */
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/newest.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "watch/report.h"

struct reports {
    struct args args;
    struct newest_list list;
};

static void
put_part(struct buf *out, const char *name, const char *text)
{
    if (text[0] == 0)
        return;
    buf_put_fmt(out, "    %-8s ", name);
    text_quote(out, span_str(text), LIMIT_TEXT_BYTES);
    buf_put_byte(out, '\n');
}

static void
put_text(const struct row *r, const Parallax__V1__WatchReport *report, struct buf *out)
{
    screen_mode(out, row_mode(r));
    screen_text(out, report->state);
    buf_put_str(out, "  ");
    screen_text(out, report->rule[0] != 0 ? report->rule : report->origin);
    if (report->rule[0] != 0) {
        buf_put_byte(out, ' ');
        screen_text(out, report->rule_version);
        buf_put_str(out, "  ");
        screen_text(out, report->period_from);
        buf_put_str(out, " to ");
        screen_text(out, report->period_to);
    }
    buf_put_str(out, "\n    ");
    text_quote(out, span_str(report->text), LIMIT_TEXT_BYTES);
    buf_put_str(out, "\n    by       ");
    screen_text(out, r->in->origin);
    buf_put_str(out, " ");
    screen_text(out, report->issued);
    if (report->judged[0] != 0) {
        buf_put_str(out, ", records held against it: ");
        screen_text(out, report->judged);
    }
    buf_put_byte(out, '\n');
    put_part(out, "heard", report->last_heard);
    put_part(out, "complete", report->complete);
    put_part(out, "record", r->id);
}

static void
take_row(void *cookie, const Parallax__V1__RecordRow *in)
{
    struct reports *s = cookie;
    struct row r;
    struct buf out;
    struct utc issued;
    const Parallax__V1__WatchReport *report;

    row_open(&r, in);
    report = (const Parallax__V1__WatchReport *)r.msg;
    if (report != NULL && utc_parse(span_str(report->issued), &issued) == 0) {
        buf_init(&out, LIMIT_API_BYTES);
        if (args_has(&s->args, "json")) {
            row_json(&r, span_of(NULL, 0), &out);
            buf_put_byte(&out, '\n');
        } else {
            put_text(&r, report, &out);
        }
        newest_add(&s->list, issued, &out);
        buf_release(&out);
    }
    row_close(&r);
}

int
cmd_reports(int argc, char **argv)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    struct reports s = {.list = {NULL, 0}};
    struct client *c;
    int status;

    if (!args_read(&s.args, "reports", 0, 0, argc, argv, &status))
        return status;
    q.type = (char *)(uintptr_t)REPORT_TYPE;
    q.mode = PARALLAX__V1__MODE__REAL;
    if (args_get(&s.args, "origin") != NULL)
        q.origin = (char *)(uintptr_t)args_get(&s.args, "origin");
    if ((c = client_new(&s.args, &status)) == NULL)
        return status;
    status = newest_each(c, q, take_row, &s);
    client_free(c);
    if (s.list.n == 0 && status == EXIT_DONE)
        fprintf(stderr, "no watch has reported yet\n");
    newest_print(&s.list);
    return status;
}
