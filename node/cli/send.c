#include "cli/send.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/mem.h"
#include "cli/screen.h"

#define FIRST_WAIT_MS 5000 /* a node that was never there: time for a role to start again */
#define RETRY_US      100000
#define FLIGHT        16 /* parts on their way: the node stores some while it signs others */

static int
take_ranges(struct send *s, const Parallax__V1__PublishAnswer *answer, size_t want)
{
    uint64_t got = 0;
    for (size_t i = 0; i < answer->n_ranges; i++) {
        const Parallax__V1__PublishedRange *in = answer->ranges[i];
        struct send_range *last = s->ranges_n > 0 ? &s->ranges[s->ranges_n - 1] : NULL;
        if (in->log.len != LOG_ID_BYTES)
            return args_fail(s->args, "the node's answer is not well-formed: a log id of %zu bytes",
                             in->log.len);
        got += in->count;
        if (last != NULL && memcmp(last->log, in->log.data, LOG_ID_BYTES) == 0 &&
            last->first + last->count == in->first) {
            last->count += in->count;
            continue;
        }
        s->ranges = mem_resize(s->ranges, (s->ranges_n + 1) * sizeof *s->ranges);
        last = &s->ranges[s->ranges_n++];
        memcpy(last->log, in->log.data, LOG_ID_BYTES);
        last->first = in->first;
        last->count = in->count;
    }
    if (got != want)
        return args_fail(s->args, "the node acknowledged %" PRIu64 " of %zu records", got, want);
    return EXIT_DONE;
}

/* What a header without references takes at most, with the longest type name: the node counts headers and bodies of a request. */
#define HEADER_BYTES 256

/* A file on its way. */
struct file {
    struct send *send;
    const struct load *l;
    size_t *first; /* record of each part, and one past the last */
    size_t parts, sent, answered;
    size_t published; /* records that are acknowledged */
    bool refused;
    int64_t lost; /* since when the node cannot be reached; 0 = it can */
};

/* How many records from ${first} fit one part. */
static size_t
part_size(const struct load *l, size_t first)
{
    size_t n = 0, bytes = 0;
    while (first + n < l->n && n < LIMIT_BATCH_COUNT) {
        bytes += l->records[first + n].n + HEADER_BYTES;
        if (n > 0 &&
            (bytes > LIMIT_BATCH_BYTES || l->records[first + n].type->alert != l->records[first].type->alert))
            break; /* a combined file: alerts have logs of their own */
        n++;
    }
    return n;
}

static void
split(struct file *f)
{
    size_t at = 0;
    f->first = mem_new((f->l->n + 1) * sizeof *f->first);
    while (at < f->l->n) {
        f->first[f->parts++] = at;
        at += part_size(f->l, at);
    }
    f->first[f->parts] = at;
}

static enum client_result
post_part(struct file *f)
{
    static Parallax__V1__PublishRecord record[LIMIT_BATCH_COUNT];
    static Parallax__V1__PublishRecord *list[LIMIT_BATCH_COUNT];
    Parallax__V1__Utc embargo = PARALLAX__V1__UTC__INIT;
    Parallax__V1__PublishRequest part = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
    part.key.data = f->send->key;
    part.key.len = sizeof f->send->key;
    embargo.mjd = f->send->embargo_until.mjd;
    embargo.ns = f->send->embargo_until.ns;
    part.audience = (char *)(uintptr_t)f->send->audience;
    part.mode = f->send->mode;
    part.part = (uint32_t)f->sent;
    part.n_records = f->first[f->sent + 1] - f->first[f->sent];
    part.records = list;
    for (size_t i = 0; i < part.n_records; i++) {
        const struct load_record *from = &f->l->records[f->first[f->sent] + i];
        parallax__v1__publish_record__init(&record[i]);
        record[i].type = (char *)(uintptr_t)from->type->name;
        record[i].body.data = f->l->bodies.p + from->at;
        record[i].body.len = from->n;
        record[i].embargo_until = utc_is_zero(f->send->embargo_until) ? NULL : &embargo;
        record[i].full_version = (Parallax__V1__RecordId *)(uintptr_t)f->send->full_version;
        record[i].class_name = (char *)(uintptr_t)f->send->class_name;
        list[i] = &record[i];
    }
    request.publish = &part;
    enum client_result r = client_post(f->send->client, &request, client_timeout_ms(f->send->client));
    f->sent += r == CLIENT_DONE;
    return r;
}

/* The answer to the oldest part that has none. After a refusal the others on their way are still heard. */
static enum client_result
collect_part(struct file *f, int *status)
{
    size_t n = f->first[f->answered + 1] - f->first[f->answered];
    Parallax__V1__Answer *answer;
    enum client_result r = client_collect(f->send->client, PARALLAX__V1__REQUEST__WHAT_PUBLISH,
                                          client_timeout_ms(f->send->client), &answer);
    if (r == CLIENT_LOST)
        return r;
    f->send->reached = true;
    if (r == CLIENT_REFUSED && strcmp(answer->error_name, "STARTING") == 0) {
        client_answer_free(answer);
        client_drop(f->send->client); /* all that is on its way is made again, when the node is ready */
        return CLIENT_LOST;
    }
    f->lost = 0;
    f->answered++;
    if (r == CLIENT_DONE) {
        int one = take_ranges(f->send, answer->publish, n);
        f->published += n;
        *status = one != EXIT_DONE ? one : *status;
    } else if (!f->refused) {
        fprintf(stderr, "%s: the node refused it: %s\n", f->l->in.name, client_error(f->send->client));
        f->refused = true;
        *status = EXIT_FAILED;
    }
    client_answer_free(answer);
    return r;
}

/* The key makes it harmless to send again what was not answered. False when it has been tried for long enough. */
static bool
start_over(struct file *f)
{
    int64_t now = clock_mono_ms();
    int64_t patience = client_timeout_ms(f->send->client);
    if (!f->send->reached && patience > FIRST_WAIT_MS)
        patience = FIRST_WAIT_MS;
    if (f->lost == 0)
        f->lost = now;
    if (now - f->lost >= patience)
        return false;
    f->sent = f->answered;
    usleep(RETRY_US);
    return true;
}

int
send_file(struct send *s, const struct load *l)
{
    struct file f = {.send = s, .l = l};
    struct screen_progress progress;
    int status = EXIT_DONE;
    split(&f);
    screen_progress_start(&progress, "records", l->n);
    while (f.answered < f.parts && (status == EXIT_DONE || f.answered < f.sent)) {
        enum client_result r = CLIENT_DONE;
        while (r == CLIENT_DONE && status == EXIT_DONE && f.sent < f.parts && f.sent - f.answered < FLIGHT)
            r = post_part(&f);
        size_t before = f.published;
        if (r == CLIENT_DONE)
            r = collect_part(&f, &status);
        screen_progress_step(&progress, f.published - before);
        if (r == CLIENT_LOST && (status != EXIT_DONE || !start_over(&f))) {
            status = status != EXIT_DONE ? status : client_fail(s->client, r);
            break;
        }
    }
    screen_progress_end(&progress);
    if (status != EXIT_DONE && f.published > 0)
        fprintf(stderr, "%s: %zu of %zu records are published; the same command publishes the others\n",
                l->in.name, f.published, l->n);
    free(f.first);
    return status;
}
