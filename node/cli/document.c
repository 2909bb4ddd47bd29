#include "cli/document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/screen.h"

int
document_read(struct document *d, const char *path)
{
    struct why why;
    struct span text, lines;
    why_clear(&why);
    memset(d, 0, sizeof *d);
    buf_init(&d->bytes, LIMIT_ROSTER_BYTES);
    if (file_read(path, &d->bytes) != 0) {
        fprintf(stderr, "%s: %s\n", path,
                errno == EFBIG ? "larger than a roster may be (256 KiB)" : strerror(errno));
        return EXIT_FAILED;
    }
    d->roster = roster_new();
    roster_split(buf_span(&d->bytes), &text, &lines);
    d->is_signed = lines.n > 0;
    int r = d->is_signed ? roster_parse(buf_span(&d->bytes), d->roster, &why)
                         : roster_parse_text(text, d->roster, &why);
    return r == 0 ? EXIT_DONE : args_refuse(&why, path);
}

void
document_release(struct document *d)
{
    buf_release(&d->bytes);
    if (d->roster != NULL)
        roster_free(d->roster);
    d->roster = NULL;
}

void
document_path(const char *dir, uint64_t version, char out[DOCUMENT_PATH_MAX])
{
    snprintf(out, DOCUMENT_PATH_MAX, "%s/roster/%06llu.note", dir, (unsigned long long)version);
}

int
document_check(const struct document *d, const char *path, const struct roster *old)
{
    struct why why;
    why_clear(&why);
    if (!d->is_signed) {
        fprintf(stderr, "%s: nobody has signed it: expected %u stewards (parallax roster sign)\n", path,
                d->roster->threshold);
        return EXIT_FAILED;
    }
    return roster_check(buf_span(&d->bytes), d->roster, old, &why) == 0 ? EXIT_DONE : args_refuse(&why, path);
}

int
document_chain(const struct args *a, const char *dir, struct document *last)
{
    char path[DOCUMENT_PATH_MAX];
    memset(last, 0, sizeof *last);
    if (strlen(dir) > DOCUMENT_PATH_MAX - 64)
        return args_usage(a, "the directory's name is longer than %d bytes", DOCUMENT_PATH_MAX - 64);
    for (uint64_t version = 1;; version++) {
        struct document next;
        document_path(dir, version, path);
        if (access(path, F_OK) != 0)
            return EXIT_DONE;
        int status = document_read(&next, path);
        if (status == EXIT_DONE && next.roster->version != version)
            status = args_fail(a, "%s holds version %llu", path, (unsigned long long)next.roster->version);
        if (status == EXIT_DONE)
            status = document_check(&next, path, last->roster);
        document_release(last);
        *last = next;
        if (status != EXIT_DONE)
            return status;
    }
}

int
document_fingerprint(const struct args *a, uint8_t out[HASH_BYTES], bool *given)
{
    const char *text = args_get(a, "fingerprint");
    *given = text != NULL;
    if (text == NULL || text_unhex(span_str(text), out, HASH_BYTES) == 0)
        return 0;
    args_usage(a, "--fingerprint %.70s: expected %d hex digits", text, 2 * HASH_BYTES);
    return -1;
}

bool
document_is_of(const struct roster *r, const uint8_t fingerprint[HASH_BYTES])
{
    uint8_t id[HASH_BYTES / 2];
    if (r->version == 1)
        return memcmp(r->hash, fingerprint, HASH_BYTES) == 0;
    return text_unhex(span_str(r->federation), id, sizeof id) == 0 && memcmp(id, fingerprint, sizeof id) == 0;
}

bool
document_is_expired(const struct roster *r)
{
    return utc_compare(r->expires, utc_from_unix((int64_t)time(NULL), 0)) <= 0;
}

void
document_print(const struct document *d)
{
    const struct roster *r = d->roster;
    struct buf text;
    char expires[UTC_TEXT_MAX];
    buf_init(&text, 8192);
    utc_print(r->expires, 0, expires);
    text_quote(&text, span_str(r->title), sizeof r->title);
    buf_put_fmt(&text, ", version %llu, federation %s\nSHA-256 of its text: ", (unsigned long long)r->version,
                r->federation);
    text_hex(&text, span_of(r->hash, HASH_BYTES));
    if (r->version == 1)
        buf_put_str(&text, " (the fingerprint of the federation)");
    buf_put_fmt(&text, "\nexpires %s; signed by %u of its %u stewards, %u needed\n", expires,
                d->is_signed ? roster_signatures(buf_span(&d->bytes), r) : 0, r->stewards_n, r->threshold);
    screen_flush(&text);
    buf_release(&text);
    if (document_is_expired(r))
        fprintf(stderr, "%sIt has EXPIRED, at %s.%s\n", screen_tone(stderr, TONE_BAD), expires,
                screen_tone(stderr, TONE_PLAIN));
}
