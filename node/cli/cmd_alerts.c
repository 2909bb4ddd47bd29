/* alerts: what nodes derived by rules and is not over, newest first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert.pb-c.h"
#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "watch/derive.h"

/* One alert, written already: rows come in the order of their subjects and are sorted by time. */
struct line {
    struct utc issued;
    char *text;
};

struct alerts {
    struct args args;
    Parallax__V1__Mode mode;
    struct line *line;
    size_t n;
};

static int
compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int rc = utc_compare(y->issued, x->issued);

    return rc != 0 ? rc : strcmp(x->text, y->text);
}

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
}

static void
take_row(struct alerts *s, const Parallax__V1__RecordRow *in)
{
    struct row r;
    struct buf out;
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
        s->line = mem_resize(s->line, (s->n + 1) * sizeof *s->line);
        s->line[s->n] = (struct line){.text = mem_strdup(buf_cstr(&out))};
        (void)utc_parse(span_str(alert->issued), &s->line[s->n++].issued);
        buf_release(&out);
    }
    row_close(&r);
}

static int
ask(struct alerts *s, struct client *c)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    struct buf cursor;
    int status = EXIT_DONE;
    bool more = true;

    buf_init(&cursor, LIMIT_API_BYTES);
    q.type = (char *)(uintptr_t)DERIVE_TYPE;
    q.mode = s->mode;
    while (more && status == EXIT_DONE) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
        Parallax__V1__Answer *answer;

        q.cursor.data = cursor.p;
        q.cursor.len = cursor.n;
        request.query = &q;
        answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        for (size_t i = 0; i < answer->records->n_rows; i++)
            take_row(s, answer->records->rows[i]);
        buf_clear(&cursor);
        buf_put(&cursor, answer->records->cursor.data, answer->records->cursor.len);
        more = answer->records->cursor.len > 0;
        client_answer_free(answer);
    }
    buf_release(&cursor);
    return status;
}

int
cmd_alerts(int argc, char **argv)
{
    struct alerts s = {.n = 0};
    struct client *c;
    int status;

    if (!args_read(&s.args, "alerts", 0, 0, argc, argv, &status))
        return status;
    status = pick_mode(&s.args, &s.mode);
    if (status != EXIT_DONE || (c = client_new(&s.args, &status)) == NULL)
        return status;
    status = ask(&s, c);
    client_free(c);
    if (s.n > 0)
        qsort(s.line, s.n, sizeof *s.line, compare);
    for (size_t i = 0; i < s.n; i++) {
        fputs(s.line[i].text, stdout);
        free(s.line[i].text);
    }
    free(s.line);
    if (s.n == 0 && status == EXIT_DONE)
        fprintf(stderr, "no alerts%s\n", args_has(&s.args, "all") ? "" : " are open");
    return status;
}
