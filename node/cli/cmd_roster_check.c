/* roster sign, verify, show: a version as people take it in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/document.h"
#include "core/object.h"
#include "cli/screen.h"

int
cmd_roster_sign(int argc, char **argv)
{
    struct args a;
    struct buf bytes, out;
    struct why why;
    int status;
    if (!args_read(&a, "roster sign", 1, 1, argc, argv, &status))
        return status;
    const char *key = args_get(&a, "key");
    const char *name = args_get(&a, "as");
    if (key == NULL || name == NULL)
        return args_usage(&a, "--%s is missing", key == NULL ? "key" : "as");
    why_clear(&why);
    struct secret *secret = secret_load("steward", key, &why);
    if (secret == NULL)
        return args_refuse(&why, key);
    buf_init(&bytes, LIMIT_ROSTER_BYTES);
    buf_init(&out, LIMIT_ROSTER_BYTES);
    if (file_read(a.at[0], &bytes) != 0)
        status = args_fail(&a, "%s: %s", a.at[0], strerror(errno));
    else if (roster_add_signature(buf_span(&bytes), name, secret, &out, &why) != 0)
        status = args_refuse(&why, a.at[0]);
    else if (file_write(a.at[0], buf_span(&out), 0644) != 0)
        status = args_fail(&a, "%s: %s", a.at[0], strerror(errno));
    else
        printf("%s: signed by %s\n", a.at[0], name);
    secret_free(secret);
    buf_release(&bytes);
    buf_release(&out);
    return status;
}

static void
put_document_json(const struct document *d, struct buf *out)
{
    const struct roster *r = d->roster;
    object_str(out, "title", r->title);
    object_str(out, "federation", r->federation);
    object_uint(out, "version", r->version);
    object_hex(out, "sha256", r->hash, HASH_BYTES);
    object_utc(out, "expires", r->expires);
    object_bool(out, "expired", document_is_expired(r));
    object_uint(out, "threshold", r->threshold);
    object_uint(out, "signatures", d->is_signed ? roster_signatures(buf_span(&d->bytes), r) : 0);
}

/* Against --previous, which later versions need, and --fingerprint. */
static int
verify(const struct args *a, const struct document *d, struct document *old)
{
    const char *previous = args_get(a, "previous");
    uint8_t fingerprint[HASH_BYTES];
    bool given;
    if (document_fingerprint(a, fingerprint, &given) != 0)
        return EXIT_USAGE;
    if (d->roster->version > 1 && previous == NULL)
        return args_fail(
            a, "%s is version %llu: expected --previous FILE, the version before, to check it against",
            a->at[0], (unsigned long long)d->roster->version);
    int status = previous != NULL ? document_read(old, previous) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = document_check(d, a->at[0], old->roster);
    if (status == EXIT_DONE && given && !document_is_of(d->roster, fingerprint))
        status = args_fail(a, "%s is of another federation than the fingerprint's", a->at[0]);
    return status;
}

int
cmd_roster_verify(int argc, char **argv)
{
    struct args a;
    struct document d, old = {.roster = NULL};
    int status;
    if (!args_read(&a, "roster verify", 1, 1, argc, argv, &status))
        return status;
    buf_init(&old.bytes, 0);
    status = document_read(&d, a.at[0]);
    if (status == EXIT_DONE)
        status = verify(&a, &d, &old);
    if (status == EXIT_DONE && args_has(&a, "json")) {
        struct buf out;
        buf_init(&out, LIMIT_API_BYTES);
        object_open(&out, NULL);
        object_bool(&out, "valid", true);
        put_document_json(&d, &out);
        object_close(&out);
        buf_put_byte(&out, '\n');
        screen_flush(&out);
        buf_release(&out);
    } else if (status == EXIT_DONE) {
        printf("%sIt holds.%s ", screen_tone(stdout, TONE_GOOD), screen_tone(stdout, TONE_PLAIN));
        document_print(&d);
        if (!args_has(&a, "fingerprint"))
            puts("No --fingerprint was given: compare it with a person before you trust it.");
    }
    document_release(&d);
    document_release(&old);
    return status;
}

static void
put_keys(struct buf *out, const char *kind, const struct roster_keys *keys)
{
    object_open_list(out, kind);
    for (unsigned i = 0; i < keys->n; i++)
        object_base64(out, NULL, span_of(keys->key[i].key, SIG_KEY_BYTES));
    object_close_list(out);
}

static void
show_json(const struct document *d)
{
    const struct roster *r = d->roster;
    struct buf out;
    buf_init(&out, LIMIT_API_BYTES);
    object_open(&out, NULL);
    put_document_json(d, &out);
    object_open_list(&out, "stewards");
    for (unsigned i = 0; i < r->stewards_n; i++) {
        object_open(&out, NULL);
        object_str(&out, "name", r->steward[i].name);
        object_base64(&out, "key", span_of(r->steward[i].key.key, SIG_KEY_BYTES));
        object_close(&out);
    }
    object_close_list(&out);
    object_open_list(&out, "members");
    for (unsigned i = 0; i < r->members_n; i++) {
        const struct roster_member *m = &r->member[i];
        object_open(&out, NULL);
        object_str(&out, "name", m->name);
        object_str(&out, "country", m->country);
        object_str(&out, "agency", m->agency);
        object_str(&out, "class", m->source_class);
        object_str(&out, "contact", m->contact);
        object_str(&out, "endpoint", m->endpoint);
        object_str(&out, "status", m->removed ? "removed" : "member");
        object_open(&out, "keys");
        put_keys(&out, "log", &m->log);
        put_keys(&out, "witness", &m->witness);
        put_keys(&out, "transport", &m->transport);
        put_keys(&out, "wrap", &m->wrap);
        object_close(&out);
        object_close(&out);
    }
    object_close_list(&out);
    object_close(&out);
    buf_put_byte(&out, '\n');
    screen_flush(&out);
    buf_release(&out);
}

static void
quoted_cell(struct screen_table *t, const char *s)
{
    struct buf text;
    buf_init(&text, 2048);
    text_quote(&text, span_str(s), 128);
    screen_table_cell(t, buf_cstr(&text));
    buf_release(&text);
}

static void
show_members(const struct roster *r)
{
    static const char *const titles[] = {"MEMBER",   "STATUS", "STEWARD", "CLASS",
                                         "ENDPOINT", "AGENCY", "CONTACT"};
    struct screen_table t;
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (unsigned i = 0; i < r->members_n; i++) {
        const struct roster_member *m = &r->member[i];
        bool steward = false;
        for (unsigned k = 0; k < r->stewards_n && !steward; k++)
            steward = strcmp(r->steward[k].name, m->name) == 0;
        screen_table_cell(&t, m->name);
        screen_table_cell(&t, m->removed ? "REMOVED" : "member");
        screen_table_cell(&t, steward ? "yes" : "no");
        screen_table_cell(&t, m->source_class);
        screen_table_cell(&t, m->endpoint[0] != '\0' ? m->endpoint : "dials out only");
        quoted_cell(&t, m->agency);
        quoted_cell(&t, m->contact);
    }
    screen_table_print(&t);
}

int
cmd_roster_show(int argc, char **argv)
{
    struct args a;
    struct document d;
    int status;
    if (!args_read(&a, "roster show", 1, 1, argc, argv, &status))
        return status;
    status = document_read(&d, a.at[0]);
    if (status == EXIT_DONE && args_has(&a, "json")) {
        show_json(&d);
    } else if (status == EXIT_DONE) {
        document_print(&d);
        show_members(d.roster);
    }
    document_release(&d);
    return status;
}
