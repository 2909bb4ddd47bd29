#include "cli/object_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"
#include "cli/fresh.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "core/object.h"

static void
take_page(struct object_records *r, Parallax__V1__Answer *answer)
{
    r->page[r->pages++] = answer;
    for (size_t i = 0; i < answer->records->n_rows; i++) {
        if (r->n == OBJECT_RECORDS_MAX) {
            r->is_cut = true;
            return;
        }
        row_open(&r->row[r->n++], answer->records->rows[i]);
    }
}

int
object_records_ask(struct object_records *r, struct client *c, const char *object, Parallax__V1__Mode mode,
                   const Parallax__V1__ObjectsAnswer *answer)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    int status = EXIT_DONE;

    *r = (struct object_records){.answer = answer, .row = mem_new(OBJECT_RECORDS_MAX * sizeof *r->row)};
    q.object = (char *)(uintptr_t)object;
    q.mode = mode;
    for (bool more = true; more && !r->is_cut;) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
        Parallax__V1__Answer *page;

        request.query = &q;
        page = client_ask(c, &request, &status);
        if (page == NULL)
            break;
        q.cursor = page->records->cursor;
        more = q.cursor.len > 0 && page->records->n_rows > 0;
        r->is_cut = more && r->n == OBJECT_RECORDS_MAX;
        take_page(r, page);
        r->is_cut |= r->pages == OBJECT_RECORDS_MAX;
    }
    return status == EXIT_DONE ? logs_ask(c, &r->logs) : status;
}

void
object_records_release(struct object_records *r)
{
    for (size_t i = 0; i < r->n; i++)
        row_close(&r->row[i]);
    for (size_t i = 0; i < r->pages; i++)
        client_answer_free(r->page[i]);
    free(r->row);
    logs_release(&r->logs);
}

/* The origin's heartbeat covers the newest head that is known: what is held is complete when it reaches that. */
int64_t
object_records_complete_ms(const struct object_records *r, const struct row *row)
{
    for (size_t i = 0; i < r->logs.n; i++) {
        const Parallax__V1__LogStatus *log = r->logs.log[i];

        if (log->log.len == row->in->id->log.len &&
            memcmp(log->log.data, row->in->id->log.data, log->log.len) == 0)
            return log->size >= log->head_size ? log->heartbeat_ms : 0;
    }
    return 0;
}

void
object_records_json(const struct object_records *r, struct buf *out)
{
    object_open_list(out, "records");
    for (size_t i = 0; i < r->n; i++) {
        struct buf line;

        buf_init(&line, LIMIT_OUTPUT_BYTES);
        row_json(&r->row[i], span_of(NULL, 0), &line);
        object_raw(out, NULL, buf_span(&line));
        buf_release(&line);
    }
    object_close_list(out);
    if (r->is_cut)
        object_bool(out, "records_cut", true);
}

void
object_records_print(const struct object_records *r)
{
    static const char *const titles[] = {"TYPE",     "ORIGIN",         "EPOCH",        "CREATED",
                                         "RECEIVED", "COMPLETE UP TO", "WHAT IT SAYS", "RECORD"};
    struct screen_table table;
    char epoch[UTC_TEXT_MAX];
    struct buf text;

    if (r->n == 0)
        return;
    screen_table_init(&table, 8, titles);
    buf_init(&text, LIMIT_LINE_BYTES);
    for (size_t i = 0; i < r->n; i++) {
        row_epoch(&r->row[i], epoch);
        screen_table_cell(&table, r->row[i].type != NULL ? r->row[i].type->name : "?");
        screen_text(&text, r->row[i].in->origin);
        screen_table_cell(&table, buf_cstr(&text));
        screen_table_cell(&table, epoch);
        buf_clear(&text);
        row_created(&r->row[i], epoch);
        screen_table_cell(&table, epoch);
        fresh_put_ms(&text, r->row[i].in->received_ms);
        screen_table_cell(&table, buf_cstr(&text));
        buf_clear(&text);
        fresh_put_ms(&text, r->row[i].in->complete_ms);
        screen_table_cell(&table, buf_cstr(&text));
        buf_clear(&text);
        row_summary(&r->row[i], &text);
        screen_table_cell(&table, buf_cstr(&text));
        buf_clear(&text);
        screen_table_cell(&table, r->row[i].id);
    }
    buf_release(&text);
    printf("\n");
    screen_table_print(&table);
    if (r->is_cut)
        printf("and more: see `parallax query`\n");
}
