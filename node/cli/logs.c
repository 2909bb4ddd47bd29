#include "cli/logs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/health.h"
#include "core/object.h"
#include "cli/screen.h"

void
logs_json(const Parallax__V1__LogStatus *log, bool all, struct buf *out)
{
    object_open(out, NULL);
    object_hex(out, "id", log->log.data, log->log.len);
    object_str(out, "origin", log->origin);
    object_str(out, "series", log->series);
    object_uint(out, "size", log->size);
    object_hex(out, "root", log->root.data, log->root.len);
    object_uint(out, "head_size", log->head_size);
    object_bool(out, "closed", log->closed);
    object_str(out, "state", log->state);
    if (log->disputed)
        object_uint(out, "common", log->common);
    if (log->recovered) {
        object_bool(out, "recovered", true);
        object_uint(out, "aside", log->aside);
    }
    if (all) {
        object_bool(out, "own", log->own);
        object_ms(out, "as_of", log->heartbeat_ms);
        object_uint(out, "bytes", log->bytes);
        object_uint(out, "quarantined", log->quarantined);
        object_open_list(out, "cosigners");
        for (size_t i = 0; i < log->n_cosigners; i++)
            object_str(out, NULL, log->cosigners[i]);
        object_close_list(out);
        object_open_list(out, "holders");
        for (size_t i = 0; i < log->n_holders; i++) {
            object_open(out, NULL);
            object_str(out, "node", log->holders[i]->node);
            object_uint(out, "stored", log->holders[i]->stored);
            object_close(out);
        }
        object_close_list(out);
    }
    object_close(out);
}

static int
compare(const void *a, const void *b)
{
    const Parallax__V1__LogStatus *x = *(Parallax__V1__LogStatus *const *)a;
    const Parallax__V1__LogStatus *y = *(Parallax__V1__LogStatus *const *)b;
    int r = strcmp(x->origin, y->origin);
    if (r == 0)
        r = strcmp(x->series, y->series);
    if (r == 0 && x->log.len == y->log.len && x->log.len > 0)
        r = memcmp(x->log.data, y->log.data, x->log.len);
    return r;
}

void
logs_sort(Parallax__V1__LogStatus **logs, size_t n)
{
    if (n > 1)
        qsort(logs, n, sizeof *logs, compare);
}

static void
take_page(struct logs *all, Parallax__V1__Answer *answer)
{
    size_t n = answer->logs->n_logs;
    all->page = mem_resize(all->page, (all->pages_n + 1) * sizeof *all->page);
    all->page[all->pages_n++] = answer;
    all->log = mem_resize(all->log, (all->n + n) * sizeof *all->log);
    for (size_t i = 0; i < n; i++)
        all->log[all->n++] = answer->logs->logs[i];
}

int
logs_ask(struct client *c, struct logs *all)
{
    int status = EXIT_DONE;
    Parallax__V1__LogsRequest logs = PARALLAX__V1__LOGS_REQUEST__INIT;
    *all = (struct logs){.n = 0};
    do {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_LOGS);
        request.logs = &logs;
        Parallax__V1__Answer *answer = client_ask(c, &request, &status);
        if (answer == NULL)
            return status;
        take_page(all, answer);
        logs.after = answer->logs->cursor; /* lives as long as its page */
    } while (logs.after.len > 0);
    logs_sort(all->log, all->n);
    return EXIT_DONE;
}

void
logs_release(struct logs *all)
{
    for (size_t i = 0; i < all->pages_n; i++)
        client_answer_free(all->page[i]);
    free(all->page);
    free(all->log);
}

/* Leaves that are signed and not held; of our own logs, who has not stored how many. */
static void
put_behind(const Parallax__V1__LogStatus *log, struct buf *out)
{
    if (!log->own) {
        if (log->head_size > log->size)
            buf_put_fmt(out, "%" PRIu64, log->head_size - log->size);
        else
            buf_put_str(out, "-");
        return;
    }
    size_t late = 0;
    for (size_t i = 0; i < log->n_holders; i++) {
        if (log->holders[i]->stored >= log->size)
            continue;
        buf_put_fmt(out, "%s", late++ > 0 ? ", " : "");
        screen_text(out, log->holders[i]->node);
        buf_put_fmt(out, " by %" PRIu64, log->size - log->holders[i]->stored);
    }
    if (late == 0)
        buf_put_str(out, "-");
}

static void
cell(struct screen_table *t, struct buf *text)
{
    screen_table_cell(t, buf_cstr(text));
    buf_clear(text);
}

void
logs_print(const Parallax__V1__LogStatus *const *logs, size_t n, int64_t now_ms)
{
    static const char *const titles[] = {"LOG", "ID", "STATE", "COMPLETE UP TO", "AS OF", "AGE", "BEHIND"};
    struct screen_table t;
    struct buf text;
    if (now_ms == 0)
        now_ms = (int64_t)time(NULL) * 1000;
    buf_init(&text, 16384);
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (size_t i = 0; i < n; i++) {
        const Parallax__V1__LogStatus *log = logs[i];
        health_log_name(log, &text);
        cell(&t, &text);
        text_hex(&text, span_of(log->log.data, log->log.len < 4 ? log->log.len : 4));
        cell(&t, &text);
        screen_text(&text, log->state);
        buf_put_str(&text, log->own ? " (ours)" : "");
        if (log->quarantined > 0)
            buf_put_fmt(&text, ", %" PRIu64 " in quarantine", log->quarantined);
        if (log->disputed && log->size > log->common)
            buf_put_fmt(&text, ", %" PRIu64 " DISPUTED", log->size - log->common);
        if (log->aside > 0)
            buf_put_fmt(&text, ", %" PRIu64 " put aside", log->aside);
        cell(&t, &text);
        buf_put_fmt(&text, "%" PRIu64, log->size);
        cell(&t, &text);
        screen_time(&text, log->heartbeat_ms);
        cell(&t, &text);
        if (log->heartbeat_ms != 0)
            screen_age(&text, now_ms - log->heartbeat_ms);
        else
            buf_put_str(&text, "-");
        cell(&t, &text);
        put_behind(log, &text);
        cell(&t, &text);
    }
    screen_table_print(&t);
    if (n == 0)
        puts("(no logs)");
    buf_release(&text);
}
