/* parallax-plugin-archive [FILE]: every record into PostgreSQL, each once (archive.md). One thread. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/scan.h"
#include "plugins/archive/database.h"
#include "plugins/line.h"
#include "plugins/settings.h"

#define BACKOFF_MS_FIRST 200
#define BACKOFF_MS_MAX   10000
#define MARK_FILE        "acknowledged" /* beside the settings: how far the node was told that it may forget */
#define MARK_BYTES       64

struct options {
    const char *database, *schema;
    int64_t batch;
};

static const struct setting table[] = {
    {"database", SETTING_TEXT, offsetof(struct options, database), NULL, 0, 0},
    {"schema", SETTING_WORD, offsetof(struct options, schema), "parallax", 0, 0},
    {"batch", SETTING_NUMBER, offsetof(struct options, batch), "256", 1, BATCH_COUNT_MAX},
};

struct archive {
    struct options options;
    struct database database;
    struct line line;
    struct batch batch;
    char marked
        [LINE_INCARNATION_MAX]; /* the mark that was found; "" = none, or not to be looked at any more */
    uint64_t marked_number;
    int wait_ms; /* before the next try */
};

static void
read_mark(struct archive *a)
{
    uint8_t text[MARK_BYTES + 1];
    struct buf b;
    int at = 0;

    buf_init_fixed(&b, text, sizeof text);
    if (file_read(MARK_FILE, &b) != 0 || sscanf(buf_cstr(&b), "%32[0-9a-f] %n", a->marked, &at) != 1 ||
        num_uint(span_of(b.p + at, b.n > (size_t)at ? b.n - (size_t)at - 1 : 0), UINT64_MAX,
                 &a->marked_number) != 0)
        a->marked[0] = '\0';
}

static int
write_mark(const struct batch *b)
{
    char text[MARK_BYTES];
    int n = snprintf(text, sizeof text, "%s %" PRIu64 "\n", b->incarnation, b->number);

    return file_write(MARK_FILE, span_of(text, (size_t)n), 0600);
}

/*
 * A database that was restored from a copy, or lost what it had confirmed, is behind what the node was told: the records between would be missing
 * without anybody noticing. Only a person can send the node back. ${first}: the first record of what is to be written.
 */
static int
check_mark(struct archive *a, const char *incarnation, uint64_t first)
{
    const struct database *d = &a->database;
    bool same = strcmp(d->incarnation, a->marked) == 0;

    if (a->marked[0] == '\0' || (same && d->number >= a->marked_number) ||
        strcmp(incarnation, a->marked) != 0 || first <= a->marked_number)
        return 0;
    line_say("the database is behind what was acknowledged (%" PRIu64 "): it has %" PRIu64
             "; to fill the gap: parallax plugin replay %s --from %" PRIu64,
             a->marked_number, same ? d->number : 0, d->plugin, same ? d->number + 1 : 1);
    return -1;
}

/* Say what went wrong, and wait, each time twice as long. -1 when trying again is of no use. */
static int
back_off(struct archive *a)
{
    line_say("%s", a->database.said);
    if (a->database.hopeless)
        return -1;
    (void)poll(NULL, 0, a->wait_ms);
    a->wait_ms = a->wait_ms * 2 < BACKOFF_MS_MAX ? a->wait_ms * 2 : BACKOFF_MS_MAX;
    return 0;
}

/* Until the database is there. -1 when that is hopeless. */
static int
open_database(struct archive *a)
{
    while (a->database.conn == NULL && database_open(&a->database) != 0) {
        if (back_off(a) != 0)
            return -1;
    }
    return 0;
}

/* The batch into the database, however often that has to be tried; then the node may forget it. */
static int
flush(struct archive *a, uint64_t first)
{
    for (;;) {
        if (open_database(a) != 0 || check_mark(a, a->batch.incarnation, first) != 0)
            return -1;
        if (database_write(&a->database, &a->batch) == 0)
            break;
        if (back_off(a) != 0)
            return -1;
    }
    a->wait_ms = BACKOFF_MS_FIRST;
    if (write_mark(&a->batch) != 0) {
        line_say("%s: %s", MARK_FILE, strerror(errno));
        return -1;
    }
    (void)snprintf(a->marked, sizeof a->marked, "%s", a->batch.incarnation);
    a->marked_number = a->batch.number;
    batch_clear(&a->batch);
    return line_ack(a->marked_number);
}

static int
run(struct archive *a)
{
    enum line_kind kind;
    uint64_t first = 0;

    while ((kind = line_wait(&a->line, -1)) != LINE_END) {
        if (a->batch.n == 0)
            first = a->line.record.number;
        if (kind == LINE_WRONG || batch_add(&a->batch, &a->line.record, &a->line.why) != 0) {
            line_say("record %" PRIu64 ": %s", a->line.record.number, a->line.why.note);
            return 1;
        }
        if (((int64_t)a->batch.n >= a->options.batch || a->batch.bytes.n > BATCH_BYTES_MAX ||
             !line_has_more(&a->line)) &&
            flush(a, first) != 0)
            return 1;
    }
    return a->line.ended ? 0 : 1;
}

int
main(int argc, char **argv)
{
    static struct archive a;
    const char *path = argc > 1 ? argv[1] : "archive.yaml";
    struct settings settings;
    struct why why;
    int rc;

    why_clear(&why);
    settings_init(&settings);
    if (argc > 2) {
        line_say("usage: parallax-plugin-archive [FILE]: its settings, archive.yaml when none is named");
        return 2;
    }
    if (settings_read(&settings, path, table, sizeof table / sizeof table[0], &a.options, &why) != 0) {
        settings_complain(&why, path);
        settings_release(&settings);
        return 2;
    }
    line_init(&a.line, STDIN_FILENO);
    batch_init(&a.batch);
    a.database.where = a.options.database;
    a.database.schema = a.options.schema;
    a.database.node = getenv("PARALLAX_NAME") != NULL ? getenv("PARALLAX_NAME") : "";
    a.database.plugin = getenv("PARALLAX_PLUGIN") != NULL ? getenv("PARALLAX_PLUGIN") : "archive";
    a.wait_ms = BACKOFF_MS_FIRST;
    read_mark(&a);
    rc = open_database(&a) == 0 ? run(&a) : 1;
    database_close(&a.database);
    batch_release(&a.batch);
    line_release(&a.line);
    settings_release(&settings);
    return rc;
}
