/* ack: a person of this node has seen an event: a signed receipt, which names what was shown. */
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "cli/pick.h"
#include "cli/remark.h"
#include "cli/thread.h"

struct ack {
    char event[LIMIT_EVENT_ID_BYTES + 1];
    char records[LIMIT_TEXT_BYTES + 1]; /* of what stands, as many as fit */
};

static void
take_event(void *cookie, const Parallax__V1__EventRow *event, int64_t time_ms)
{
    struct ack *s = cookie;
    size_t at = 0;

    (void)time_ms;
    (void)snprintf(s->event, sizeof s->event, "%s", event->id);
    for (size_t i = 0; i < event->n_standing; i++) {
        char id[RECORD_ID_TEXT_MAX];

        if (event->standing[i]->record->log.len != LOG_ID_BYTES ||
            at + RECORD_ID_TEXT_MAX + 1 > sizeof s->records)
            continue;
        record_id_print(event->standing[i]->record->log.data, event->standing[i]->record->index, id);
        at += (size_t)snprintf(s->records + at, sizeof s->records - at, "%s%s", at > 0 ? " " : "", id);
    }
}

int
cmd_ack(int argc, char **argv)
{
    struct args a;
    struct ack s = {.event = ""};
    struct remark r;
    struct client *c;
    Parallax__V1__Mode mode;
    char node[LIMIT_NAME_BYTES + 1], id[RECORD_ID_TEXT_MAX];
    int status;

    if (!args_read(&a, "ack", 1, 1, argc, argv, &status))
        return status;
    if (!args_has(&a, "officer"))
        return args_usage(&a, "--officer is missing: expected who has seen it");
    if ((status = pick_mode(&a, &mode)) != EXIT_DONE || (c = client_new(&a, &status)) == NULL)
        return status;
    status = thread_each(c, a.at[0], mode, take_event, NULL, &s);
    if (status == EXIT_DONE && (status = remark_node(c, node)) == EXIT_DONE) {
        remark_init(&r, &a, "receipt-json", "RECEIPT/1");
        r.issuer = args_get(&a, "issuer");
        r.audience = args_get(&a, "audience");
        remark_put_head(&r, args_get(&a, "officer"), node);
        remark_put(&r, "event", s.event);
        remark_put_option(&r, "seen_by", "officer");
        remark_put(&r, "seen_at", args_has(&a, "seen") ? args_get(&a, "seen") : r.issued);
        remark_put(&r, "records", s.records);
        remark_put_option(&r, "note", "note");
        status = remark_send(&r, c, mode, id);
        remark_release(&r);
        if (status == EXIT_DONE && args_has(&a, "json"))
            printf("{\"id\":\"%s\",\"event\":\"%s\"}\n", id, s.event);
        else if (status == EXIT_DONE)
            printf("%s\n", id);
    }
    client_free(c);
    return status;
}
