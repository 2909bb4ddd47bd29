/* export, prove: one record as any format or as it came, and the evidence for it. */
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "cli/warning.h"

struct export
{
    struct args args;
    const char *format; /* NULL = canonical JSON, or one of the switches below */
    bool original, header, body, json;
};

static int
read_options(struct export *e)
{
    e->format = args_get(&e->args, "format");
    e->original = args_has(&e->args, "original");
    e->header = args_has(&e->args, "header");
    e->body = args_has(&e->args, "body");
    e->json = args_has(&e->args, "json");
    if ((e->format != NULL) + e->original + e->header + e->body + e->json > 1)
        return args_usage(&e->args,
                          "--format, --original, --header, --body, --json: expected at most one of them");
    if ((e->header || e->body) && screen_is_terminal(stdout))
        return args_usage(&e->args,
                          "these bytes are no text: expected standard output to be a file or a pipe");
    return EXIT_DONE;
}

static int
write_format(const struct export *e, struct row *r, struct buf *out)
{
    struct warning_sink sink = {.file = r->id};
    struct convert how = {.mode = row_mode(r), .warn = warning_print, .cookie = &sink};
    const struct writer *w = registry_writer(r->type, e->format);
    if (w == NULL)
        return warning_no_writer(&e->args, r->type, e->format);
    if (w->begin != NULL)
        w->begin(out);
    if (w->write(r->msg, &how, out, &r->why) != 0)
        return args_refuse(&r->why, r->id);
    if (w->end != NULL)
        w->end(out);
    return EXIT_DONE;
}

/* The very bytes, between what makes them a file that reads alone. */
static int
write_original(const struct export *e, const struct row *r, struct buf *out)
{
    struct source source;
    r->type->source(r->msg, &source);
    if (source.original.n == 0)
        return args_fail(&e->args, "%s does not hold its original bytes", r->id);
    buf_put_span(out, source.preamble);
    buf_put_span(out, source.original);
    buf_put_span(out, source.trailer);
    return EXIT_DONE;
}

static int
write_meaning(const struct export *e, struct row *r, struct buf *out)
{
    if (r->in->body.len == 0)
        return args_fail(&e->args, "%s has no body: %s", r->id, row_absent(r));
    if (r->body.n == 0 && r->why.code == WHY_BODY_SEALED)
        return args_fail(&e->args, "%s: %s", r->id, r->why.note);
    if (r->msg == NULL)
        return args_fail(&e->args, "%s: %s", r->id, r->why.note);
    if (r->type == NULL)
        return args_fail(&e->args, "%s is about the log itself: expected --json, --header or --body", r->id);
    if (e->format != NULL)
        return write_format(e, r, out);
    if (e->original)
        return write_original(e, r, out);
    r->type->json(r->msg, out);
    if (out->n > 0 && out->p[out->n - 1] != '\n')
        buf_put_byte(out, '\n');
    return EXIT_DONE;
}

static int
write_row(const struct export *e, struct row *r)
{
    struct buf out;
    int status = EXIT_DONE;
    buf_init(&out, LIMIT_INPUT_BYTES);
    if (e->json) {
        row_json(r, span_of(NULL, 0), &out);
        buf_put_byte(&out, '\n');
    } else if (e->header) {
        buf_put(&out, r->in->header.data, r->in->header.len);
    } else if (e->body && r->in->body.len == 0) {
        status = args_fail(&e->args, "%s has no body: %s", r->id, row_absent(r));
    } else if (e->body) {
        buf_put(&out, r->in->body.data, r->in->body.len);
    } else {
        status = write_meaning(e, r, &out);
    }
    if (status == EXIT_DONE && !e->json)
        row_warn_mode(row_mode(r));
    if (status == EXIT_DONE && r->in->quarantine[0] != '\0')
        fprintf(stderr, "%s: in quarantine here: not believed\n", r->id);
    if (status == EXIT_DONE)
        screen_flush(&out);
    buf_release(&out);
    return status;
}

static int
export_record(const struct export *e, struct client *c, Parallax__V1__RecordId *id)
{
    int status;
    Parallax__V1__RecordRequest record = PARALLAX__V1__RECORD_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_RECORD);
    record.id = id;
    request.record = &record;
    Parallax__V1__Answer *answer = client_ask(c, &request, &status);
    if (answer == NULL)
        return status;
    if (answer->records->n_rows == 1) {
        struct row r;
        row_open(&r, answer->records->rows[0]);
        status = write_row(e, &r);
        row_close(&r);
    } else {
        status = args_fail(&e->args, "%s is not held here", e->args.at[0]);
    }
    client_answer_free(answer);
    return status;
}

int
cmd_export(int argc, char **argv)
{
    struct export e = {.format = NULL};
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    uint8_t log[LOG_ID_BYTES];
    int status;
    if (!args_read(&e.args, "export", 1, 1, argc, argv, &status))
        return status;
    status = read_options(&e);
    if (status != EXIT_DONE)
        return status;
    struct client *c = client_new(&e.args, &status);
    if (c == NULL)
        return status;
    status = pick_record(c, &e.args, e.args.at[0], log, &id.index);
    id.log.data = log;
    id.log.len = sizeof log;
    if (status == EXIT_DONE)
        status = export_record(&e, c, &id);
    client_free(c);
    return status;
}

int
cmd_prove(int argc, char **argv)
{
    struct args a;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__ProveRequest prove = PARALLAX__V1__PROVE_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_PROVE);
    uint8_t log[LOG_ID_BYTES];
    int status;
    if (!args_read(&a, "prove", 1, 1, argc, argv, &status))
        return status;
    struct client *c = client_new(&a, &status);
    if (c == NULL)
        return status;
    status = pick_record(c, &a, a.at[0], log, &id.index);
    id.log.data = log;
    id.log.len = sizeof log;
    prove.id = &id;
    prove.reveal = args_has(&a, "reveal");
    request.prove = &prove;
    Parallax__V1__Answer *answer = status == EXIT_DONE ? client_ask(c, &request, &status) : NULL;
    if (answer != NULL) {
        fwrite(answer->prove->proof.data, 1, answer->prove->proof.len, stdout);
        client_answer_free(answer);
    }
    client_free(c);
    return status;
}
