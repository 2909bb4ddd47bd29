/* query: records of one type, from the picture (the newest of each subject and origin) or from the history.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/fresh.h"
#include "cli/object_show.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "cli/warning.h"

struct query {
    struct args args;
    const struct type *type;
    const struct writer *writer; /* NULL = a table or JSON */
    bool json;
    uint64_t limit;
    char object[PICK_OBJECT_MAX], pair[PICK_OBJECT_MAX];
    struct buf cursor;
    Parallax__V1__Utc since, until;
    Parallax__V1__QueryRequest ask;
    struct screen_table table;
    struct buf out;
    uint64_t shown, skipped;
    bool warned;
};

static int
read_times(struct query *q)
{
    struct utc since, until;
    if (args_time(&q->args, "since", &since) != 0 || args_time(&q->args, "until", &until) != 0)
        return EXIT_USAGE;
    parallax__v1__utc__init(&q->since);
    parallax__v1__utc__init(&q->until);
    if (!utc_is_zero(since)) {
        q->since.mjd = since.mjd;
        q->since.ns = since.ns;
        q->ask.since = &q->since;
    }
    if (!utc_is_zero(until)) {
        q->until.mjd = until.mjd;
        q->until.ns = until.ns;
        q->ask.until = &q->until;
    }
    return EXIT_DONE;
}

static int
read_output(struct query *q)
{
    const char *format = args_get(&q->args, "format");
    q->json = args_has(&q->args, "json");
    if (format == NULL)
        return EXIT_DONE;
    if (q->json)
        return args_usage(&q->args, "--json and --format: expected one of them");
    q->writer = registry_writer(q->type, format);
    return q->writer != NULL ? EXIT_DONE : warning_no_writer(&q->args, q->type, format);
}

static int
read_pair(struct query *q)
{
    if (args_has(&q->args, "object"))
        return args_usage(&q->args, "--object and --pair: expected one of them");
    q->ask.pair = q->pair;
    return pick_pair(&q->args, args_get(&q->args, "pair"), q->object, q->pair);
}

static int
read_state(struct query *q)
{
    static const char *const states[] = {"open", "closed", "cancelled", "superseded"};
    static const char *const times[] = {"epoch", "created", "received"};
    const char *state = args_get(&q->args, "state"), *time = args_get(&q->args, "time");
    bool found = state == NULL;

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        found = found || strcmp(state, states[i]) == 0;
    if (!found)
        return args_usage(&q->args, "--state %.64s: expected open, closed, cancelled or superseded", state);
    if (state != NULL && strcmp(state, "superseded") == 0 && !args_has(&q->args, "history"))
        return args_usage(&q->args, "--state superseded: expected --history with it");
    found = time == NULL;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        found = found || strcmp(time, times[i]) == 0;
    if (!found)
        return args_usage(&q->args, "--time %.64s: expected epoch, created or received", time);
    if (state != NULL)
        q->ask.state = (char *)(uintptr_t)state;
    if (time != NULL)
        q->ask.time = (char *)(uintptr_t)time;
    return EXIT_DONE;
}

static int
read_options(struct query *q)
{
    parallax__v1__query_request__init(&q->ask);
    const char *region = NULL, *where = NULL;
    int status = pick_type(&q->args, q->args.at[0], &q->type);
    if (status == EXIT_DONE)
        status = pick_mode(&q->args, &q->ask.mode);
    if (status == EXIT_DONE && args_has(&q->args, "object"))
        status = pick_alias(&q->args, args_get(&q->args, "object"), q->object);
    if (status == EXIT_DONE && args_has(&q->args, "pair"))
        status = read_pair(q);
    if (status == EXIT_DONE)
        status = read_state(q);
    if (status == EXIT_DONE)
        status = fresh_cursor(&q->args, &q->cursor);
    if (status == EXIT_DONE)
        status = pick_sift(&q->args, &region, &where);
    if (status == EXIT_DONE)
        status = read_times(q);
    if (status == EXIT_DONE)
        status = read_output(q);
    if (status != EXIT_DONE)
        return status;
    if (args_uint(&q->args, "limit", 1, INT64_MAX, UINT64_MAX, &q->limit) != 0)
        return EXIT_USAGE;
    if (args_has(&q->args, "explain") && !args_has(&q->args, "object"))
        return args_usage(&q->args, "--explain: expected --object with it");
    if (args_has(&q->args, "disputed") && args_has(&q->args, "quarantined"))
        return args_usage(&q->args, "--disputed and --quarantined: expected one of them");
    const char *origin = args_get(&q->args, "origin");
    if (origin != NULL && !text_is_node_name(span_str(origin)))
        return args_usage(&q->args, "--origin %.64s: expected the name of a node, such as fr-cnes", origin);
    q->ask.type = (char *)(uintptr_t)q->type->name;
    q->ask.object = q->object;
    q->ask.origin = origin != NULL ? (char *)(uintptr_t)origin : q->object + strlen(q->object);
    if (region != NULL)
        q->ask.region = (char *)(uintptr_t)region;
    if (where != NULL)
        q->ask.where = (char *)(uintptr_t)where;
    q->ask.history = args_has(&q->args, "history");
    q->ask.disputed = args_has(&q->args, "disputed");
    q->ask.quarantined = args_has(&q->args, "quarantined");
    return EXIT_DONE;
}

static void
show_format(struct query *q, struct row *r)
{
    struct warning_sink sink = {.file = r->id};
    struct convert how = {.mode = row_mode(r), .warn = warning_print, .cookie = &sink};
    size_t before = q->out.n;
    if (r->msg == NULL || r->type != q->type) {
        q->skipped++;
        return;
    }
    if (!q->warned)
        row_warn_mode(row_mode(r));
    q->warned = true;
    if (q->shown > 0 && q->writer->between != NULL)
        q->writer->between(&q->out);
    if (q->writer->write(r->msg, &how, &q->out, &r->why) == 0) {
        q->shown++;
        return;
    }
    q->out.n = before;
    q->skipped++;
    args_refuse(&r->why, r->id);
}

static void
show_cells(struct query *q, const struct row *r)
{
    char epoch[UTC_TEXT_MAX];
    struct buf text;
    buf_init(&text, LIMIT_LINE_BYTES);
    row_epoch(r, epoch);
    screen_table_cell(&q->table, r->id);
    screen_text(&text, r->in->origin);
    screen_table_cell(&q->table, buf_cstr(&text));
    screen_table_cell(&q->table, epoch);
    buf_clear(&text);
    row_created(r, epoch);
    screen_table_cell(&q->table, epoch);
    fresh_put_ms(&text, r->in->received_ms);
    screen_table_cell(&q->table, buf_cstr(&text));
    buf_clear(&text);
    fresh_put_ms(&text, r->in->complete_ms);
    screen_table_cell(&q->table, buf_cstr(&text));
    buf_clear(&text);
    row_summary(r, &text);
    screen_table_cell(&q->table, buf_cstr(&text));
    buf_release(&text);
    q->shown++;
}

static void
show_row(struct query *q, const Parallax__V1__RecordRow *in)
{
    struct row r;
    row_open(&r, in);
    if (q->writer != NULL) {
        show_format(q, &r);
    } else if (q->json) {
        row_json(&r, span_of(NULL, 0), &q->out);
        buf_put_byte(&q->out, '\n');
        q->shown++;
    } else {
        show_cells(q, &r);
    }
    row_close(&r);
    if (q->out.n > LIMIT_API_PAGE_BYTES)
        screen_flush(&q->out);
}

static int
run_pages(struct query *q, struct client *c)
{
    int status = EXIT_DONE;
    for (bool more = true; more && q->shown + q->skipped < q->limit;) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
        uint64_t left = q->limit - q->shown - q->skipped;
        q->ask.limit = left < LIMIT_API_PAGE_COUNT ? (uint32_t)left : 0;
        q->ask.cursor.data = q->cursor.p;
        q->ask.cursor.len = q->cursor.n;
        request.query = &q->ask;
        Parallax__V1__Answer *answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        const Parallax__V1__RecordsAnswer *page = answer->records;
        for (size_t i = 0; i < page->n_rows && q->shown + q->skipped < q->limit; i++)
            show_row(q, page->rows[i]);
        buf_clear(&q->cursor);
        buf_put(&q->cursor, page->cursor.data, page->cursor.len);
        more = page->cursor.len > 0;
        client_answer_free(answer);
    }
    return status;
}

static int
run(struct query *q, struct client *c)
{
    static const char *const titles[] = {"RECORD",   "ORIGIN",         "EPOCH",       "CREATED",
                                         "RECEIVED", "COMPLETE UP TO", "WHAT IT SAYS"};
    bool table = q->writer == NULL && !q->json;
    buf_init(&q->out, LIMIT_INPUT_BYTES);
    if (table)
        screen_table_init(&q->table, 7, titles);
    if (q->writer != NULL && q->writer->begin != NULL)
        q->writer->begin(&q->out);
    int status = run_pages(q, c);
    if (q->writer != NULL && q->writer->end != NULL)
        q->writer->end(&q->out);
    screen_flush(&q->out);
    buf_release(&q->out);
    if (table && q->shown > 0)
        screen_table_print(&q->table);
    else if (table)
        buf_release(&q->table.cells);
    if (table && q->shown == 0 && status == EXIT_DONE)
        fprintf(stderr, "no %s records fit\n", q->type->name);
    if (q->cursor.n > 0 && status == EXIT_DONE)
        fresh_more(&q->cursor);
    if (q->skipped > 0 && status == EXIT_DONE)
        status = args_fail(&q->args, "%" PRIu64 " records could not be written as %s", q->skipped,
                           q->writer->format);
    return status;
}

int
cmd_query(int argc, char **argv)
{
    struct query q = {.warned = false};
    int status;
    if (!args_read(&q.args, "query", 1, 1, argc, argv, &status))
        return status;
    buf_init(&q.cursor, LIMIT_API_BYTES);
    status = read_options(&q);
    struct client *c = status == EXIT_DONE ? client_new(&q.args, &status) : NULL;
    if (c != NULL) {
        status = run(&q, c);
        if (status == EXIT_DONE && args_has(&q.args, "explain"))
            status = object_show_why(&q.args, c, q.object, q.ask.mode);
        client_free(c);
    }
    buf_release(&q.cursor);
    return status;
}
