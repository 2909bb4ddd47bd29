/* roster new, add, remove: texts of new versions, for stewards to sign. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/document.h"
#include "cli/screen.h"

#define EXPIRES_DAYS 366

/* The least threshold with which two successors cannot both be valid: t > (n + f) / 2. */
static unsigned
least_threshold(const struct roster *r)
{
    return (r->stewards_n + r->faulty) / 2 + 1;
}

/* Threshold and expiry as asked for, else as before where that still holds, else the default. */
static int
set_terms(const struct args *a, struct roster *r, unsigned stewards_before)
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

/* Add the member and the steward of a join request. */
static int
join(const struct args *a, struct roster *r, const char *path)
{
    struct document d;
    int status = document_read(&d, path);
    if (status == EXIT_DONE &&
        (d.roster->members_n != 1 || d.roster->stewards_n != 1 || d.roster->version != 1))
        status = args_fail(a, "%s is no join request: expected one member and one steward", path);
    if (status == EXIT_DONE && roster_member(r, d.roster->member[0].name) != NULL)
        status = args_fail(a, "%s: %s is listed already", path, d.roster->member[0].name);
    if (status == EXIT_DONE && (r->members_n == LIMIT_MEMBER_COUNT || r->stewards_n == LIMIT_MEMBER_COUNT))
        status = args_fail(a, "%s: a roster holds at most %d members", path, LIMIT_MEMBER_COUNT);
    if (status == EXIT_DONE) {
        r->member[r->members_n++] = d.roster->member[0];
        r->steward[r->stewards_n++] = d.roster->steward[0];
    }
    document_release(&d);
    return status;
}

/* Write the text to -o FILE, after reading it back as everybody else will. */
static int
write_text(const struct args *a, const struct roster *r)
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

int
cmd_roster_new(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "roster new", 1, LIMIT_MEMBER_COUNT, argc, argv, &status))
        return status;
    const char *title = args_get(&a, "title");
    if (title == NULL || !args_has(&a, "out"))
        return args_usage(&a, "--%s is missing", title == NULL ? "title" : "out");
    struct roster *r = roster_new();
    if (title[0] == '\0' || strlen(title) >= sizeof r->title) {
        status = args_usage(&a, "--title: expected 1 to %zu bytes", sizeof r->title - 1);
        roster_free(r);
        return status;
    }
    memcpy(r->title, title, strlen(title) + 1);
    r->version = 1;
    for (int i = 0; i < a.n && status == EXIT_DONE; i++)
        status = join(&a, r, a.at[i]);
    if (status == EXIT_DONE)
        status = set_terms(&a, r, 0);
    if (status == EXIT_DONE)
        status = write_text(&a, r);
    roster_free(r);
    return status;
}

/* Make ${d} the next version of itself. It must be valid as far as one document shows. */
static int
begin_next(const struct args *a, struct document *d, const char *path)
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
cmd_roster_add(int argc, char **argv)
{
    struct args a;
    struct document d = {.roster = NULL};
    int status;
    if (!args_read(&a, "roster add", 2, 2, argc, argv, &status))
        return status;
    status = begin_next(&a, &d, a.at[0]);
    unsigned before = d.roster != NULL ? d.roster->stewards_n : 0;
    if (status == EXIT_DONE)
        status = join(&a, d.roster, a.at[1]);
    if (status == EXIT_DONE)
        status = set_terms(&a, d.roster, before);
    if (status == EXIT_DONE)
        status = write_text(&a, d.roster);
    document_release(&d);
    return status;
}

/* Mark the member as removed and take its steward away. */
static int
leave(const struct args *a, struct roster *r, const char *name)
{
    bool found = false;
    for (unsigned i = 0; i < r->members_n; i++) {
        if (strcmp(r->member[i].name, name) != 0 || r->member[i].removed)
            continue;
        r->member[i].removed = true;
        found = true;
    }
    if (!found)
        return args_fail(a, "%.80s is no current member", name);
    for (unsigned i = 0; i < r->stewards_n; i++) {
        if (strcmp(r->steward[i].name, name) != 0)
            continue;
        r->stewards_n--;
        memmove(&r->steward[i], &r->steward[i + 1], (r->stewards_n - i) * sizeof r->steward[0]);
        break;
    }
    return r->stewards_n > 0 ? EXIT_DONE
                             : args_fail(a, "%s is the last steward: expected one that remains", name);
}

int
cmd_roster_remove(int argc, char **argv)
{
    struct args a;
    struct document d = {.roster = NULL};
    int status;
    if (!args_read(&a, "roster remove", 2, 2, argc, argv, &status))
        return status;
    status = begin_next(&a, &d, a.at[0]);
    unsigned before = d.roster != NULL ? d.roster->stewards_n : 0;
    if (status == EXIT_DONE)
        status = leave(&a, d.roster, a.at[1]);
    if (status == EXIT_DONE)
        status = set_terms(&a, d.roster, before);
    if (status == EXIT_DONE)
        status = write_text(&a, d.roster);
    document_release(&d);
    return status;
}
