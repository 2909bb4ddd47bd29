/* publish: read files, send their records to the node, say where each landed. A file is published whole or
 * not at all. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "core/object.h"
#include "cli/pick.h"
#include "cli/screen.h"
#include "cli/send.h"

#define WAIT_FIRST_US 1000 /* between questions who has stored it, at first and later */
#define WAIT_LAST_US  20000

struct publish {
    struct args args;
    struct send send;
    const char *format;
    bool strict, json, again;
    Parallax__V1__RecordId full; /* --version-of */
    uint8_t full_log[LOG_ID_BYTES];
    uint64_t wait; /* peers */
};

static int
read_options(struct publish *p)
{
    const struct args *a = &p->args;
    p->send.audience = args_get(a, "audience");
    p->send.class_name = args_get(a, "class");
    p->format = args_get(a, "format");
    p->strict = args_has(a, "strict");
    p->json = args_has(a, "json");
    p->again = args_has(a, "again");
    int status = pick_mode(a, &p->send.mode);
    if (status != EXIT_DONE)
        return status;
    if (p->send.audience == NULL)
        p->send.audience = "open";
    if (!text_is_word(span_str(p->send.audience)))
        return args_usage(a, "--audience %.64s: expected open, or the name of an audience", p->send.audience);
    if (p->send.class_name == NULL)
        p->send.class_name = "";
    else if (strcmp(p->send.class_name, "data") != 0 && strcmp(p->send.class_name, "alert") != 0)
        return args_usage(a, "--class %.64s: expected data or alert", p->send.class_name);
    const struct type *type;
    if (p->format != NULL && registry_reader(p->format, &type) == NULL)
        return args_usage(a, "--format %.64s: no reader has that name (see `parallax convert --help`)",
                          p->format);
    if (args_time(a, "embargo", &p->send.embargo_until) != 0)
        return EXIT_USAGE;
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

/* The content, in pieces: of a large file no more than one of them is held. */
static void
mix_content(crypto_generichash_state *s, struct input *in)
{
    struct span piece;
    uint8_t n[8];

    for (unsigned i = 0; i < 8; i++)
        n[i] = (uint8_t)((uint64_t)in->whole.n >> (8 * i));
    crypto_generichash_update(s, n, sizeof n);
    for (size_t at = 0; input_piece(in, at, &piece); at += piece.n)
        crypto_generichash_update(s, piece.p, piece.n);
}

/* The same file in the same way has the same key, so that doing it again makes no second record. */
static void
make_key(const struct publish *p, struct load *l, uint8_t key[SEND_KEY_BYTES])
{
    crypto_generichash_state s;
    const char *name = args_get(&p->args, "key");
    const char mode = (char)p->send.mode;
    if (p->again) {
        randombytes_buf(key, SEND_KEY_BYTES);
        return;
    }
    crypto_generichash_init(&s, NULL, 0, SEND_KEY_BYTES);
    mix(&s, span_str("parallax publish 1"));
    mix(&s, span_str(p->send.audience));
    mix(&s, span_of(&mode, 1));
    mix(&s, span_str(p->send.class_name));
    mix(&s, span_str("INITIAL"));
    if (args_get(&p->args, "embargo") != NULL)
        mix(&s, span_str(args_get(&p->args, "embargo")));
    if (args_get(&p->args, "version-of") != NULL)
        mix(&s, span_str(args_get(&p->args, "version-of")));
    mix(&s, span_str(p->format != NULL ? p->format : ""));
    mix(&s, span_str(name != NULL ? name : ""));
    if (name != NULL)
        mix(&s, span_str(""));
    else
        mix_content(&s, &l->in);
    crypto_generichash_final(&s, key, SEND_KEY_BYTES);
}

/* How many peers have acknowledged ${range} whole. -1 after saying what is wrong. */
static int
holders_of(struct publish *p, const struct send_range *range, int *status)
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
    enum client_result r = client_call(p->send.client, &request, client_timeout_ms(p->send.client), &answer);
    if (r == CLIENT_LOST)
        return 0; /* asked again until the time is up */
    if (r == CLIENT_REFUSED) {
        *status = client_fail(p->send.client, r);
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
    int64_t deadline = clock_mono_ms() + client_timeout_ms(p->send.client);
    for (size_t i = 0; i < p->send.ranges_n; i++) {
        int status = EXIT_DONE;
        int n = 0;
        useconds_t pause = WAIT_FIRST_US;
        while ((n = holders_of(p, &p->send.ranges[i], &status)) >= 0 && (uint64_t)n < p->wait) {
            if (clock_mono_ms() >= deadline) {
                fprintf(stderr,
                        "%s: published, but stored by %d peers: expected %" PRIu64 " within %" PRId64 " s\n",
                        file, n, p->wait, client_timeout_ms(p->send.client) / 1000);
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
    object_str(out, "file", l->in.name);
    object_str(out, "mode", record_mode_name((int)p->send.mode));
    object_open_list(out, "ranges");
    for (size_t i = 0; i < p->send.ranges_n; i++) {
        n += p->send.ranges[i].count;
        object_open(out, NULL);
        object_hex(out, "log", p->send.ranges[i].log, LOG_ID_BYTES);
        object_uint(out, "first", p->send.ranges[i].first);
        object_uint(out, "last", p->send.ranges[i].first + p->send.ranges[i].count - 1);
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
    for (size_t i = 0; !p->json && i < p->send.ranges_n; i++) {
        text_hex(&out, span_of(p->send.ranges[i].log, LOG_ID_BYTES));
        buf_put_fmt(&out, ":%" PRIu64, p->send.ranges[i].first);
        if (p->send.ranges[i].count > 1)
            buf_put_fmt(&out, "-%" PRIu64, p->send.ranges[i].first + p->send.ranges[i].count - 1);
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
    buf_put_fmt(&line, "%s: ", l->in.name);
    if (p->send.mode == PARALLAX__V1__MODE__REAL && screen_is_terminal(stderr))
        buf_put_str(&line, "[REAL] ");
    screen_mode(&line, (int)p->send.mode);
    load_types(l, &line);
    buf_put_fmt(&line, " published to %s in %" PRId64 ".%03" PRId64 " s", p->send.audience, ms / 1000,
                ms % 1000);
    if (p->wait > 0)
        buf_put_fmt(&line, ", stored by %" PRIu64 " peers", p->wait);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_release(&line);
}

static int
publish_file(struct publish *p, const char *path)
{
    struct load l;
    int64_t start = clock_mono_ms();
    load_init(&l, path);
    p->send.ranges_n = 0;
    int status = load_read(&l, path, p->format, p->strict);
    if (status == EXIT_DONE) {
        make_key(p, &l, p->send.key);
        if (input_is_changed(&l.in))
            status = args_fail(&p->args, "%s was written to while it was read: nothing of it is published",
                               l.in.name);
    }
    if (status == EXIT_DONE) {
        p->send.is_once = p->again;
        status = send_file(&p->send, &l);
    }
    if (p->send.ranges_n > 0)
        print_ids(p, &l);
    if (status == EXIT_DONE && p->wait > 0)
        status = wait_holders(p, l.in.name);
    if (status == EXIT_DONE)
        print_summary(p, &l, clock_mono_ms() - start);
    load_release(&l);
    return status;
}

static int
pick_full_version(struct publish *p)
{
    const char *text = args_get(&p->args, "version-of");
    if (text == NULL)
        return EXIT_DONE;
    parallax__v1__record_id__init(&p->full);
    int status = pick_record(p->send.client, &p->args, text, p->full_log, &p->full.index);
    p->full.log.data = p->full_log;
    p->full.log.len = sizeof p->full_log;
    p->send.full_version = &p->full;
    return status;
}

int
cmd_publish(int argc, char **argv)
{
    struct publish p = {.send = {.args = &p.args}};
    int status;
    if (!args_read(&p.args, "publish", 1, -1, argc, argv, &status))
        return status;
    status = read_options(&p);
    if (status != EXIT_DONE)
        return status;
    p.send.client = client_new(&p.args, &status);
    if (p.send.client == NULL)
        return status;
    status = pick_full_version(&p);
    for (int i = 0;
         i < p.args.n && status != EXIT_NO_NODE && !p.send.interrupted && (i > 0 || status == EXIT_DONE);
         i++) {
        int one = publish_file(&p, p.args.at[i]);
        if (one != EXIT_DONE)
            status = one;
    }
    free(p.send.ranges);
    client_free(p.send.client);
    return status;
}
