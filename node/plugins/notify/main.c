/* parallax-plugin-notify [FILE]: tells people of alerts by mail and webhook, until one of them has seen it (notify.md). One thread. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utc.h"
#include "plugins/notify/send.h"

#define TURN_MS 200   /* while alerts are open: how late a step may be */
#define IDLE_MS 60000 /* while none are */
#define LAST_S  10    /* the node ends the plugin: what is on its way may arrive */

struct notifier {
    struct config config;
    struct book book;
    struct send send;
    struct line line;
    struct flight flight;
    struct item item;
    int64_t told_s[CONFIG_RECIPIENTS_MAX];           /* monotonic: when the last message to each began */
    char said[CONFIG_RECIPIENTS_MAX][SEND_NOTE_MAX]; /* of each, since it last worked */
    struct flight_slot *waiting; /* of ${item}, for which there is no room yet: nothing more is read */
    bool ended;                  /* no more lines come */
};

static int64_t
clock_s(clockid_t which)
{
    struct timespec t;

    clock_gettime(which, &t);
    return (int64_t)t.tv_sec;
}

static void
receive(struct notifier *n, const struct line_record *r)
{
    const char *origin = value_text(r->root, "origin");
    size_t count;

    if (!config_lists(n->config.receipts_from, origin))
        return;
    count = book_receive(&n->book, r);
    if (count > 0)
        line_say("%zu alerts acknowledged by record %s of %s", count, value_text(r->root, "id"), origin);
}

/* What the node was told of already, in an earlier life of the plugin. */
static bool
comes_again(const struct book *b, const struct line_record *r)
{
    return r->number <= b->last && strcmp(r->incarnation, b->incarnation) == 0;
}

/* After a rebuild of the store all of it comes again: nobody is woken by what was told long ago. */
static bool
is_old(const struct notifier *n, const struct line_record *r)
{
    struct utc created;

    if (utc_parse(span_str(value_text(r->root, "created")), &created) != 0 ||
        utc_unix(created) >= clock_s(CLOCK_REALTIME) - n->config.age_s)
        return false;
    line_say("not told, for it is older than %" PRId64 " s: %s", n->config.age_s, n->item.id);
    return true;
}

/* Put ${item} into the book, or keep it until there is room. */
static void
keep(struct notifier *n, struct flight_slot *slot)
{
    bool taken = book_add(&n->book, &n->item, slot, clock_s(CLOCK_REALTIME)) == 0;

    if (!taken && n->waiting == NULL)
        line_say("%d alerts are not delivered yet: no more are read until one is", BOOK_PAGES_MAX);
    n->waiting = taken ? NULL : slot;
}

static void
take_record(struct notifier *n)
{
    const struct line_record *r = &n->line.record;
    struct flight_slot *slot = flight_add(&n->flight, r->number);

    if (slot == NULL)
        return;                                             /* take() looks first */
    if (strcmp(n->book.incarnation, r->incarnation) != 0) { /* another store: its numbers begin anew */
        (void)snprintf(n->book.incarnation, sizeof n->book.incarnation, "%s", r->incarnation);
        n->book.last = 0;
    }
    slot->done = true;
    if (comes_again(&n->book, r))
        return;
    if (item_is_receipt(r)) {
        receive(n, r);
    } else if (item_is_alert(r)) {
        if (item_read(&n->item, r) != 0) {
            line_say("record %" PRIu64 ": an alert without an id or mode that can be told", r->number);
            return;
        }
        if (is_old(n, r))
            return;
        slot->done = false;
        keep(n, slot);
    }
}

/* All lines that are here and for which there is room. */
static int
take(struct notifier *n)
{
    for (;;) {
        enum line_kind kind;
        if (n->waiting != NULL)
            keep(n, n->waiting);
        if (n->waiting != NULL || n->flight.n == LIMIT_PLUGIN_WINDOW_COUNT)
            return 0;
        kind = line_take(&n->line);
        n->ended = kind == LINE_END;
        if (kind == LINE_NOTHING || kind == LINE_END)
            return 0;
        if (kind != LINE_RECORD) {
            line_say("a line that is no record: the plugin ends");
            return -1;
        }
        take_record(n);
    }
}

/* Begin what is due. */
static void
tell(struct notifier *n)
{
    struct book_page *due[SEND_DIGEST_MAX];
    int64_t now_s = clock_s(CLOCK_REALTIME), mono_s = clock_s(CLOCK_MONOTONIC);

    for (size_t i = 0; i < n->config.n; i++) {
        const struct recipient *r = &n->config.recipient[i];
        size_t count;
        if (n->send.call[i].handle != NULL || (n->told_s[i] != 0 && mono_s < n->told_s[i] + r->gap_s))
            continue;
        count = book_due(&n->book, i, now_s, due, r->mail[0] != '\0' ? SEND_DIGEST_MAX : 1);
        if (count == 0)
            continue;
        for (size_t k = 0; k < count; k++) {
            struct book_step *s = &due[k]->step[i];
            s->first_s = s->first_s != 0 && s->first_s <= now_s ? s->first_s : now_s;
            s->state = BOOK_SENDING;
        }
        n->told_s[i] = mono_s;
        n->book.dirty = true;
        if (send_begin(&n->send, i, due, count, now_s) != 0) {
            for (size_t k = 0; k < count; k++)
                book_failed(&n->book, due[k], i, now_s, 0);
        }
    }
}

/* What came to an end. */
static void
hear(struct notifier *n)
{
    struct send_result result;

    while (send_next(&n->send, &result)) {
        size_t i = result.recipient;
        struct send_call *call = &n->send.call[i];
        for (size_t k = 0; k < call->n; k++) {
            if (result.delivered)
                book_told(&n->book, call->page[k], i);
            else
                book_failed(&n->book, call->page[k], i, clock_s(CLOCK_REALTIME), result.retry_s);
        }
        if (!result.delivered && strcmp(n->said[i], result.note) != 0)
            line_say("%s: %s; tried again", n->config.recipient[i].name, result.note);
        else if (result.delivered && n->said[i][0] != '\0')
            line_say("%s: reached again", n->config.recipient[i].name);
        (void)snprintf(n->said[i], sizeof n->said[i], "%s", result.delivered ? "" : result.note);
    }
}

/* What was decided is on disk before the node is told. */
static int
acknowledge(struct notifier *n)
{
    uint64_t number = flight_land(&n->flight);

    if (number > n->book.last)
        n->book.last = number;
    if (n->book.dirty && book_store(&n->book) != 0) {
        line_say("%s cannot be written: %s", BOOK_PATH, strerror(errno));
        return -1;
    }
    return number != 0 && line_ack(number) != 0 ? -1 : 0;
}

static bool
is_sending(const struct notifier *n)
{
    for (size_t i = 0; i < n->config.n; i++) {
        if (n->send.call[i].handle != NULL)
            return true;
    }
    return false;
}

static int
run(struct notifier *n)
{
    int64_t end_s = 0;
    bool any = true;

    for (;;) {
        bool listen = !n->ended && n->waiting == NULL && n->flight.n < LIMIT_PLUGIN_WINDOW_COUNT;
        if (send_turn(&n->send, listen ? n->line.fd : -1, any ? TURN_MS : IDLE_MS) &&
            line_fill(&n->line) != 0) {
            line_say("standard input: %s", strerror(errno));
            return 1;
        }
        if (!n->ended && take(n) != 0)
            return 1;
        hear(n);
        if (!n->ended)
            tell(n);
        any = book_settle(&n->book, clock_s(CLOCK_REALTIME)) || n->flight.n == LIMIT_PLUGIN_WINDOW_COUNT;
        if (acknowledge(n) != 0)
            return 1;
        if (n->ended && end_s == 0)
            end_s = clock_s(CLOCK_MONOTONIC) + LAST_S;
        if (n->ended && (!is_sending(n) || clock_s(CLOCK_MONOTONIC) >= end_s))
            return 0;
    }
}

int
main(int argc, char **argv)
{
    struct notifier *n = mem_new(sizeof *n);
    const char *path = argc > 1 ? argv[1] : "notify.yaml";
    struct settings settings;
    struct why why;
    int rc = 2;

    if (argc > 2) {
        line_say("usage: parallax-plugin-notify [FILE]: its settings, notify.yaml when none is named");
        free(n);
        return 2;
    }
    why_clear(&why);
    settings_init(&settings);
    line_init(&n->line, STDIN_FILENO);
    n->book.config = &n->config;
    if (config_read(&n->config, &settings, path, &why) != 0) {
        settings_complain(&why, path);
    } else if (book_load(&n->book) != 0) {
        line_say("%s cannot be read: %s", BOOK_PATH, strerror(errno));
        rc = 1;
    } else if (send_init(&n->send, &n->config) == 0) {
        rc = run(n);
        send_release(&n->send);
    }
    explicit_bzero(&n->config, sizeof n->config);
    line_release(&n->line);
    settings_release(&settings);
    free(n);
    return rc;
}
