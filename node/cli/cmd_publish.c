/* publish: read files, send their records to the node, say where each landed. A file is published whole or
 * not at all. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/object.h"
#include "cli/pick.h"
#include "cli/screen.h"

#define KEY_BYTES     32
#define FIRST_WAIT_MS 5000 /* a node that was never there: time for a role to start again */
#define RETRY_US      100000
#define WAIT_FIRST_US 1000 /* between questions who has stored it, at first and later */
#define WAIT_LAST_US  100000

struct range {
    uint8_t log[LOG_ID_BYTES];
    uint64_t first, count;
};

struct publish {
    struct args args;
    struct client *client;
    const char *audience, *class_name, *format;
    Parallax__V1__Mode mode;
    bool strict, json, again;
    uint64_t wait;        /* peers */
    bool reached;         /* the node answered once */
    struct range *ranges; /* of the file that is being published */
    size_t ranges_n;
};

static int
read_options(struct publish *p)
{
    const struct args *a = &p->args;
    p->audience = args_get(a, "audience");
    p->class_name = args_get(a, "class");
    p->format = args_get(a, "format");
    p->strict = args_has(a, "strict");
    p->json = args_has(a, "json");
    p->again = args_has(a, "again");
    int status = pick_mode(a, &p->mode);
    if (status != EXIT_DONE)
        return status;
    if (p->audience == NULL)
        p->audience = "open";
    if (!text_is_word(span_str(p->audience)))
        return args_usage(a, "--audience %.64s: expected open, or the name of an audience", p->audience);
    if (p->class_name == NULL)
        p->class_name = "";
    else if (strcmp(p->class_name, "data") != 0 && strcmp(p->class_name, "alert") != 0)
        return args_usage(a, "--class %.64s: expected data or alert", p->class_name);
    const struct type *type;
    if (p->format != NULL && registry_reader(p->format, &type) == NULL)
        return args_usage(a, "--format %.64s: no reader has that name (see `parallax convert --help`)",
                          p->format);
    if (args_has(a, "key") && (p->again || a->n > 1))
        return args_usage(a, "--key names one publication: expected one FILE and no --again");
    return args_uint(a, "wait", 1, LIMIT_MEMBER_COUNT, 0, &p->wait) == 0 ? EXIT_DONE : EXIT_USAGE;
}

static void
mix(crypto_generichash_state *s, struct span part)
{
    uint8_t n[8];
    for (unsigned i = 0; i < 8; i++)
        n[i] = (uint8_t)((uint64_t)part.n >> (8 * i));
    crypto_generichash_update(s, n, sizeof n);
    crypto_generichash_update(s, part.p, part.n);
}

/* The same file in the same way has the same key, so that doing it again makes no second record. */
static void
make_key(const struct publish *p, const struct load *l, uint8_t key[KEY_BYTES])
{
    crypto_generichash_state s;
    const char *name = args_get(&p->args, "key");
    const char mode = (char)p->mode;
    if (p->again) {
        randombytes_buf(key, KEY_BYTES);
        return;
    }
    crypto_generichash_init(&s, NULL, 0, KEY_BYTES);
    mix(&s, span_str("parallax publish 1"));
    mix(&s, span_str(p->audience));
    mix(&s, span_of(&mode, 1));
    mix(&s, span_str(p->class_name));
    mix(&s, span_str("INITIAL"));
    mix(&s, span_str(p->format != NULL ? p->format : ""));
    mix(&s, span_str(name != NULL ? name : ""));
    mix(&s, name != NULL ? span_str("") : buf_span(&l->input));
    crypto_generichash_final(&s, key, KEY_BYTES);
}

static int
take_ranges(struct publish *p, const Parallax__V1__PublishAnswer *answer, size_t want)
{
    uint64_t got = 0;
    for (size_t i = 0; i < answer->n_ranges; i++) {
        const Parallax__V1__PublishedRange *in = answer->ranges[i];
        struct range *last = p->ranges_n > 0 ? &p->ranges[p->ranges_n - 1] : NULL;
        if (in->log.len != LOG_ID_BYTES)
            return args_fail(&p->args, "the node's answer is not well-formed: a log id of %zu bytes",
                             in->log.len);
        got += in->count;
        if (last != NULL && memcmp(last->log, in->log.data, LOG_ID_BYTES) == 0 &&
            last->first + last->count == in->first) {
            last->count += in->count;
            continue;
        }
        p->ranges = mem_resize(p->ranges, (p->ranges_n + 1) * sizeof *p->ranges);
        last = &p->ranges[p->ranges_n++];
        memcpy(last->log, in->log.data, LOG_ID_BYTES);
        last->first = in->first;
        last->count = in->count;
    }
    if (got != want)
        return args_fail(&p->args, "the node acknowledged %" PRIu64 " of %zu records", got, want);
    return EXIT_DONE;
}

/* Send until it is answered: the key makes a repetition harmless. */
static int
send_part(struct publish *p, Parallax__V1__PublishRequest *part, const char *file)
{
    int64_t lost = 0;
    for (;;) {
        Parallax__V1__Answer *answer;
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
        request.publish = part;
        enum client_result r = client_call(p->client, &request, client_timeout_ms(p->client), &answer);
        if (r == CLIENT_DONE) {
            p->reached = true;
            int status = take_ranges(p, answer->publish, part->n_records);
            client_answer_free(answer);
            return status;
        }
        if (r == CLIENT_REFUSED) {
            fprintf(stderr, "%s: the node refused it: %s\n", file, client_error(p->client));
            client_answer_free(answer);
            p->reached = true;
            return EXIT_FAILED;
        }
        int64_t now = screen_now_ms();
        int64_t patience = client_timeout_ms(p->client);
        if (!p->reached && patience > FIRST_WAIT_MS)
            patience = FIRST_WAIT_MS;
        if (lost == 0)
            lost = now;
        if (now - lost >= patience)
            return client_fail(p->client, r);
        usleep(RETRY_US);
    }
}

/* What a header without references takes at most, with the longest type name: the node counts headers and bodies of a request. */
#define HEADER_BYTES 256

/* How many records from ${first} fit one part. */
static size_t
part_size(const struct load *l, size_t first)
{
    size_t n = 0, bytes = 0;
    while (first + n < l->n && n < LIMIT_BATCH_COUNT) {
        bytes += l->records[first + n].n + HEADER_BYTES;
        if (n > 0 && bytes > LIMIT_BATCH_BYTES)
            break;
        n++;
    }
    return n;
}

static int
send_file(struct publish *p, const struct load *l)
{
    static Parallax__V1__PublishRecord record[LIMIT_BATCH_COUNT];
    static Parallax__V1__PublishRecord *list[LIMIT_BATCH_COUNT];
    uint8_t key[KEY_BYTES];
    struct screen_progress progress;
    int status = EXIT_DONE;
    Parallax__V1__PublishRequest part = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    make_key(p, l, key);
    part.key.data = key;
    part.key.len = sizeof key;
    part.audience = (char *)(uintptr_t)p->audience;
    part.mode = p->mode;
    part.records = list;
    screen_progress_start(&progress, "records", l->n);
    for (size_t at = 0; at < l->n && status == EXIT_DONE; at += part.n_records, part.part++) {
        part.n_records = part_size(l, at);
        for (size_t i = 0; i < part.n_records; i++) {
            const struct load_record *from = &l->records[at + i];
            parallax__v1__publish_record__init(&record[i]);
            record[i].type = (char *)(uintptr_t)from->type->name;
            record[i].body.data = l->bodies.p + from->at;
            record[i].body.len = from->n;
            record[i].class_name = (char *)(uintptr_t)p->class_name;
            list[i] = &record[i];
        }
        status = send_part(p, &part, l->name);
        screen_progress_step(&progress, part.n_records);
        if (status != EXIT_DONE && at > 0)
            fprintf(stderr, "%s: %zu of %zu records are published; the same command goes on after them\n",
                    l->name, at, l->n);
    }
    screen_progress_end(&progress);
    return status;
}

/* How many peers have acknowledged ${range} whole. -1 after saying what is wrong. */
static int
holders_of(struct publish *p, const struct range *range, int *status)
{
    int n = 0;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__HoldersRequest holders = PARALLAX__V1__HOLDERS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_HOLDERS);
    Parallax__V1__Answer *answer;
    id.log.data = (uint8_t *)(uintptr_t)range->log;
    id.log.len = LOG_ID_BYTES;
    id.index = range->first + range->count - 1;
    holders.id = &id;
    request.holders = &holders;
    enum client_result r = client_call(p->client, &request, client_timeout_ms(p->client), &answer);
    if (r == CLIENT_LOST)
        return 0; /* asked again until the time is up */
    if (r == CLIENT_REFUSED) {
        *status = client_fail(p->client, r);
        n = -1;
    }
    for (size_t i = 0; r == CLIENT_DONE && i < answer->holders->n_holders; i++)
        n += answer->holders->holders[i]->stored > id.index;
    client_answer_free(answer);
    return n;
}

static int
wait_holders(struct publish *p, const char *file)
{
    int64_t deadline = screen_now_ms() + client_timeout_ms(p->client);
    for (size_t i = 0; i < p->ranges_n; i++) {
        int status = EXIT_DONE;
        int n = 0;
        useconds_t pause = WAIT_FIRST_US;
        while ((n = holders_of(p, &p->ranges[i], &status)) >= 0 && (uint64_t)n < p->wait) {
            if (screen_now_ms() >= deadline) {
                fprintf(stderr,
                        "%s: published, but stored by %d peers: expected %" PRIu64 " within %" PRId64 " s\n",
                        file, n, p->wait, client_timeout_ms(p->client) / 1000);
                return EXIT_FAILED;
            }
            usleep(pause);
            pause = pause < WAIT_LAST_US ? pause * 2 : pause;
        }
        if (status != EXIT_DONE)
            return status;
    }
    return EXIT_DONE;
}

static void
put_ranges_json(const struct publish *p, const struct load *l, struct buf *out)
{
    uint64_t n = 0;
    object_open(out, NULL);
    object_str(out, "file", l->name);
    object_str(out, "mode", record_mode_name((int)p->mode));
    object_open_list(out, "ranges");
    for (size_t i = 0; i < p->ranges_n; i++) {
        n += p->ranges[i].count;
        object_open(out, NULL);
        object_hex(out, "log", p->ranges[i].log, LOG_ID_BYTES);
        object_uint(out, "first", p->ranges[i].first);
        object_uint(out, "last", p->ranges[i].first + p->ranges[i].count - 1);
        object_close(out);
    }
    object_close_list(out);
    object_uint(out, "records", l->n);
    object_uint(out, "published", n);
    object_close(out);
    buf_put_byte(out, '\n');
}

/* What is acknowledged, to standard output at once: a later failure does not undo it. */
static void
print_ids(const struct publish *p, const struct load *l)
{
    struct buf out;
    buf_init(&out, LIMIT_INPUT_BYTES);
    if (p->json)
        put_ranges_json(p, l, &out);
    for (size_t i = 0; !p->json && i < p->ranges_n; i++) {
        text_hex(&out, span_of(p->ranges[i].log, LOG_ID_BYTES));
        buf_put_fmt(&out, ":%" PRIu64, p->ranges[i].first);
        if (p->ranges[i].count > 1)
            buf_put_fmt(&out, "-%" PRIu64, p->ranges[i].first + p->ranges[i].count - 1);
        buf_put_byte(&out, '\n');
    }
    screen_flush(&out);
    buf_release(&out);
    fflush(stdout);
}

/* A line for people, to standard error. */
static void
print_summary(const struct publish *p, const struct load *l, int64_t ms)
{
    struct buf line;
    buf_init(&line, LIMIT_LINE_BYTES);
    buf_put_fmt(&line, "%s: ", l->name);
    if (p->mode == PARALLAX__V1__MODE__REAL && screen_is_terminal(stderr))
        buf_put_str(&line, "[REAL] ");
    screen_mode(&line, (int)p->mode);
    load_types(l, &line);
    buf_put_fmt(&line, " published to %s in %" PRId64 ".%03" PRId64 " s", p->audience, ms / 1000, ms % 1000);
    if (p->wait > 0)
        buf_put_fmt(&line, ", stored by %" PRIu64 " peers", p->wait);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_release(&line);
}

static int
publish_file(struct publish *p, const char *path)
{
    struct load l;
    int64_t start = screen_now_ms();
    load_init(&l, path);
    p->ranges_n = 0;
    int status = load_read(&l, path, p->format, p->strict);
    if (status == EXIT_DONE)
        status = send_file(p, &l);
    if (p->ranges_n > 0)
        print_ids(p, &l);
    if (status == EXIT_DONE && p->wait > 0)
        status = wait_holders(p, l.name);
    if (status == EXIT_DONE)
        print_summary(p, &l, screen_now_ms() - start);
    load_release(&l);
    return status;
}

int
cmd_publish(int argc, char **argv)
{
    struct publish p = {.reached = false};
    int status;
    if (!args_read(&p.args, "publish", 1, -1, argc, argv, &status))
        return status;
    status = read_options(&p);
    if (status != EXIT_DONE)
        return status;
    p.client = client_new(&p.args, &status);
    if (p.client == NULL)
        return status;
    for (int i = 0; i < p.args.n && status != EXIT_NO_NODE; i++) {
        int one = publish_file(&p, p.args.at[i]);
        if (one != EXIT_DONE)
            status = one;
    }
    free(p.ranges);
    client_free(p.client);
    return status;
}
