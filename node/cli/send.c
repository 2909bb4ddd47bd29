#include "cli/send.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
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
take_ranges(struct send *s, const Parallax__V1__PublishAnswer *answer, uint64_t want)
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
        return args_fail(s->args, "the node acknowledged %" PRIu64 " of %" PRIu64 " records", got, want);
    return EXIT_DONE;
}

/* What a header without references takes at most, with the longest type name: the node counts headers and bodies of a request. */
#define HEADER_BYTES 256

struct part {
    uint64_t at; /* of its first record */
    uint64_t records;
};

/* A file on its way. Its records are cut into parts as they are sent. */
struct file {
    struct send *send;
    const struct load *l;
    struct buf window;
    uint64_t end;                 /* of the parts that were cut */
    uint64_t cut, sent, answered; /* parts: FLIGHT of them at most are cut and not answered */
    struct part part[FLIGHT];
    uint64_t published; /* records that are acknowledged */
    bool refused;
    int64_t lost; /* since when the node cannot be reached; 0 = it can */
};

/* Only one file is on its way in a program. */
static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* Is there a part that was not sent yet? */
static bool
has_more(const struct file *f)
{
    return f->sent < f->cut || f->end < spool_bytes(&f->l->records);
}

/* Records from the start of ${window} that fit one part: pointers into it. */
static size_t
take_part(struct span window, struct load_record *record)
{
    size_t n = 0, bytes = 0;

    while (n < LIMIT_BATCH_COUNT && load_take(&window, &record[n])) {
        bytes += record[n].body.n + HEADER_BYTES;
        if (n > 0 && (bytes > LIMIT_BATCH_BYTES || record[n].type->alert != record[0].type->alert))
            break; /* a combined file: alerts have logs of their own */
        n++;
    }
    return n;
}

static void
fill_record(const struct file *f, const struct load_record *from, Parallax__V1__Utc *embargo,
            Parallax__V1__PublishRecord *out)
{
    parallax__v1__publish_record__init(out);
    out->type = (char *)(uintptr_t)from->type->name;
    out->body.data = (uint8_t *)(uintptr_t)from->body.p;
    out->body.len = from->body.n;
    out->embargo_until = utc_is_zero(f->send->embargo_until) ? NULL : embargo;
    out->full_version = (Parallax__V1__RecordId *)(uintptr_t)f->send->full_version;
    out->class_name = (char *)(uintptr_t)f->send->class_name;
}

/* Send the next part, cut it first unless it was sent before. */
static enum client_result
post_part(struct file *f, int *status)
{
    static struct load_record from[LIMIT_BATCH_COUNT];
    static Parallax__V1__PublishRecord record[LIMIT_BATCH_COUNT];
    static Parallax__V1__PublishRecord *list[LIMIT_BATCH_COUNT];
    struct part *p = &f->part[f->sent % FLIGHT];
    Parallax__V1__Utc embargo = PARALLAX__V1__UTC__INIT;
    Parallax__V1__PublishRequest part = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
    enum client_result r;

    if (load_window(f->l, f->sent < f->cut ? p->at : f->end, &f->window) != 0) {
        *status = EXIT_FAILED;
        return CLIENT_DONE;
    }
    part.n_records = take_part(buf_span(&f->window), from);
    assert(part.n_records > 0);
    if (f->sent == f->cut) {
        const struct load_record *last = &from[part.n_records - 1];

        *p = (struct part){f->end, part.n_records};
        f->end += (uint64_t)(last->body.p + last->body.n - f->window.p);
        f->cut++;
    }
    part.key.data = f->send->key;
    part.key.len = sizeof f->send->key;
    embargo.mjd = f->send->embargo_until.mjd;
    embargo.ns = f->send->embargo_until.ns;
    part.audience = (char *)(uintptr_t)f->send->audience;
    part.mode = f->send->mode;
    part.part = (uint32_t)f->sent;
    part.records = list;
    for (size_t i = 0; i < part.n_records; i++) {
        fill_record(f, &from[i], &embargo, &record[i]);
        list[i] = &record[i];
    }
    request.publish = &part;
    r = client_post(f->send->client, &request, client_timeout_ms(f->send->client));
    f->sent += r == CLIENT_DONE;
    return r;
}

/* The answer to the oldest part that has none. After a refusal the others on their way are still heard. */
static enum client_result
collect_part(struct file *f, int *status)
{
    uint64_t n = f->part[f->answered % FLIGHT].records;
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

/* Said after a failure, and after an interruption. */
static void
say_how_far(const struct file *f)
{
    fprintf(stderr, "%s: %s%" PRIu64 " of %" PRIu64 " records are published%s\n", f->l->in.name,
            f->send->interrupted ? "interrupted: " : "", f->published, f->l->n,
            f->send->is_once ? ": with --again all of them would be published again"
                             : "; the same command publishes the others");
}

static int
send_parts(struct file *f)
{
    struct screen_progress progress;
    int status = EXIT_DONE;

    screen_progress_start(&progress, "records", f->l->n);
    while (f->answered < f->sent || (status == EXIT_DONE && has_more(f))) {
        enum client_result r = CLIENT_DONE;
        uint64_t before = f->published;

        while (r == CLIENT_DONE && status == EXIT_DONE && !interrupted && has_more(f) &&
               f->sent - f->answered < FLIGHT)
            r = post_part(f, &status);
        if (interrupted && has_more(f))
            status = EXIT_FAILED;
        if (r == CLIENT_DONE && f->answered < f->sent)
            r = collect_part(f, &status);
        screen_progress_step(&progress, f->published - before);
        if (r == CLIENT_LOST && (status != EXIT_DONE || !start_over(f))) {
            status = status != EXIT_DONE ? status : client_fail(f->send->client, r);
            break;
        }
    }
    screen_progress_end(&progress);
    return status;
}

int
send_file(struct send *s, const struct load *l)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}, before;
    struct file f = {.send = s, .l = l};
    int status;

    buf_init(&f.window, LIMIT_BATCH_BYTES);
    interrupted = 0;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, NULL, &before);
    if (before.sa_handler != SIG_IGN)
        (void)sigaction(SIGINT, &action, NULL);
    status = send_parts(&f);
    (void)sigaction(SIGINT, &before, NULL);
    s->interrupted = interrupted && status != EXIT_DONE;
    if (s->interrupted || (status != EXIT_DONE && f.published > 0))
        say_how_far(&f);
    buf_release(&f.window);
    return status;
}
