#include "cli/draft.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/screen.h"

#define EXPIRES_DAYS 366

/* The least threshold with which two successors cannot both be valid: t > (n + f) / 2. */
static unsigned
least_threshold(const struct roster *r)
{
    return (r->stewards_n + r->faulty) / 2 + 1;
}

int
draft_terms(const struct args *a, struct roster *r, unsigned stewards_before)
{
    uint64_t threshold;
    struct utc expires;
    bool usual = stewards_before == 0 || r->faulty == (stewards_before - 1) / 3;
    if (usual || r->faulty >= r->stewards_n)
        r->faulty = r->stewards_n > 0 ? (r->stewards_n - 1) / 3 : 0;
    if (r->threshold < least_threshold(r) || r->threshold > r->stewards_n - r->faulty)
        r->threshold = least_threshold(r);
    if (args_uint(a, "threshold", 1, LIMIT_MEMBER_COUNT, r->threshold, &threshold) != 0 ||
        args_time(a, "expires", &expires) != 0)
        return EXIT_USAGE;
    r->threshold = (unsigned)threshold;
    if (!utc_is_zero(expires))
        r->expires = expires;
    else if (utc_is_zero(r->expires))
        r->expires = (struct utc){utc_from_unix((int64_t)time(NULL), 0).mjd + EXPIRES_DAYS, 0};
    return EXIT_DONE;
}

int
draft_begin(const struct args *a, struct document *d, const char *path)
{
    if (!args_has(a, "out"))
        return args_usage(a, "--out is missing");
    int status = document_read(d, path);
    if (status != EXIT_DONE)
        return status;
    struct roster *r = d->roster;
    if (roster_signatures(buf_span(&d->bytes), r) < r->threshold)
        return args_fail(
            a, "%s: too few of its stewards have signed it: expected %u before a next version is made", path,
            r->threshold);
    memcpy(r->previous, r->hash, HASH_BYTES);
    r->version++;
    return EXIT_DONE;
}

int
draft_key(const char *text, uint8_t key[SIG_KEY_BYTES])
{
    uint8_t bytes[SIG_KEY_BYTES + 2];
    struct buf b;

    buf_init_fixed(&b, bytes, sizeof bytes);
    if (text_unbase64(span_str(text), &b) != 0 || b.n != SIG_KEY_BYTES)
        return -1;
    memcpy(key, bytes, SIG_KEY_BYTES);
    return 0;
}

/* The next word of a line, at blanks. */
static struct span
take_word(struct span *line)
{
    struct span word;
    size_t n = 0;

    while (line->n > 0 && line->p[0] == ' ')
        *line = span_of(line->p + 1, line->n - 1);
    while (n < line->n && line->p[n] != ' ')
        n++;
    word = span_of(line->p, n);
    *line = span_of(line->p + n, line->n - n);
    return word;
}

/* "LOG SIZE ROOT [what it is]"; -1 with what is wrong. */
static int
read_end(struct span line, const char *origin, struct roster_recovery *e, const char **wrong)
{
    *e = (struct roster_recovery){.size = 0};
    (void)snprintf(e->origin, sizeof e->origin, "%s", origin);
    *wrong = "expected the 32 hexadecimal digits of a log";
    if (text_unhex(take_word(&line), e->log, LOG_ID_BYTES) != 0)
        return -1;
    *wrong = "expected a size from 1";
    if (num_uint(take_word(&line), INT64_MAX, &e->size) != 0 || e->size == 0)
        return -1;
    *wrong = "expected the 64 hexadecimal digits of a root";
    return text_unhex(take_word(&line), e->root, HASH_BYTES);
}

/* Add one, or find that it is there. */
static int
put_end(const struct args *a, struct roster *r, const struct roster_recovery *e, const char *place)
{
    const struct roster_recovery *old = roster_recovery(r, e->log);

    if (old != NULL && (old->size != e->size || memcmp(old->root, e->root, HASH_BYTES) != 0))
        return args_fail(a, "%s: the roster ends this log at size %llu already: that stays", place,
                         (unsigned long long)old->size);
    if (old == NULL && r->recoveries_n == LIMIT_RECOVERY_COUNT)
        return args_fail(a, "%s: a roster ends at most %d logs", place, LIMIT_RECOVERY_COUNT);
    if (old == NULL)
        r->recovery[r->recoveries_n++] = *e;
    return EXIT_DONE;
}

int
draft_ends(const struct args *a, struct roster *r, const char *origin, const uint8_t *key)
{
    const char *path = args_get(a, "ends"), *wrong;
    int status = EXIT_DONE;
    unsigned number = 0;
    struct buf bytes;
    struct span rest;

    buf_init(&bytes, LIMIT_ROSTER_BYTES);
    if (file_read(path, &bytes) != 0)
        status = args_fail(a, "%s: %s", path, strerror(errno));
    rest = buf_span(&bytes);
    while (status == EXIT_DONE && rest.n > 0) {
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        struct span line = span_of(rest.p, end != NULL ? (size_t)(end - rest.p) : rest.n);
        size_t used = end != NULL ? line.n + 1 : line.n;
        struct roster_recovery e;
        char place[512];
        rest = span_of(rest.p + used, rest.n - used);
        (void)snprintf(place, sizeof place, "%.400s:%u", path, ++number);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (read_end(line, origin, &e, &wrong) != 0) {
            status = args_fail(a, "%s: %s", place, wrong);
            break;
        }
        e.goes_on = key != NULL;
        if (key != NULL)
            memcpy(e.key, key, SIG_KEY_BYTES);
        status = put_end(a, r, &e, place);
    }
    buf_release(&bytes);
    return status;
}

int
draft_write(const struct args *a, const struct roster *r)
{
    const char *path = args_get(a, "out");
    struct roster *check = roster_new();
    struct buf text;
    struct why why;
    int status = EXIT_DONE;
    why_clear(&why);
    buf_init(&text, LIMIT_ROSTER_BYTES);
    roster_write(r, &text);
    if (buf_failed(&text))
        status = args_fail(a, "the roster is larger than %d bytes", LIMIT_ROSTER_BYTES);
    else if (roster_parse_text(buf_span(&text), check, &why) != 0)
        status = args_fail(a, "%s%s%s", why.field, why.field[0] != '\0' ? ": " : "", why.note);
    else if (file_create(path, buf_span(&text), 0644) != 0)
        status = args_fail(a, "%s: %s", path,
                           errno == EEXIST ? "it is there already: expected a new file" : strerror(errno));
    if (status == EXIT_DONE) {
        struct buf hex;
        buf_init(&hex, 128);
        text_hex(&hex, span_of(check->hash, HASH_BYTES));
        printf("%s: version %llu, %u members, %u of %u stewards must sign it.\nSHA-256 of its text: %s\n"
               "Next, each steward: parallax roster sign %s --key DIR/keys/steward.key --as NAME\n",
               path, (unsigned long long)check->version, check->members_n, check->threshold,
               check->stewards_n, buf_cstr(&hex), path);
        buf_release(&hex);
    }
    buf_release(&text);
    roster_free(check);
    return status;
}
