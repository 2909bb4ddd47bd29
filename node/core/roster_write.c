#include <assert.h>
#include <stdio.h>

#include "base/text.h"
#include "core/roster.h"

static void
put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    text_base64(out, span_of(p, n));
}

/* In single quotes, where only the quote itself is doubled (YAML 1.1 section 9.1.2): no value needs more,
 * none reads as a number or a null. */
static void
put_text(struct buf *out, const char *s)
{
    buf_put_byte(out, '\'');
    for (; *s != 0; s++) {
        if (*s == '\'')
            buf_put_byte(out, '\'');
        buf_put_byte(out, (uint8_t)*s);
    }
    buf_put_byte(out, '\'');
}

static void
put_line(struct buf *out, const char *key, const char *value)
{
    buf_put_str(out, key);
    put_text(out, value);
    buf_put_byte(out, '\n');
}

static void
put_keys(struct buf *out, const char *kind, const struct roster_keys *keys, bool proofs)
{
    buf_put_fmt(out, "      %s:\n", kind);
    for (unsigned i = 0; i < keys->n; i++) {
        buf_put_str(out, "        - ");
        if (proofs)
            put_base64(out, keys->key[i].proof, SIG_BYTES);
        else
            put_base64(out, keys->key[i].key, SIG_KEY_BYTES);
        buf_put_byte(out, '\n');
    }
}

static void
put_revoked(struct buf *out, const struct roster_member *m)
{
    const struct roster_keys *lists[] = {&m->log, &m->witness};
    bool any = false;

    for (unsigned i = 0; i < 2; i++) {
        for (unsigned k = 0; k < lists[i]->n; k++) {
            if (!lists[i]->key[k].revoked)
                continue;
            buf_put_str(out, any ? "      - " : "    revoked:\n      - ");
            put_base64(out, lists[i]->key[k].key, SIG_KEY_BYTES);
            buf_put_byte(out, '\n');
            any = true;
        }
    }
}

static void
put_recovery(struct buf *out, const struct roster_recovery *e)
{
    buf_put_fmt(out, "  - origin: %s\n    log: ", e->origin);
    text_hex(out, span_of(e->log, LOG_ID_BYTES));
    buf_put_fmt(out, "\n    size: %llu\n    root: ", (unsigned long long)e->size);
    text_hex(out, span_of(e->root, HASH_BYTES));
    buf_put_str(out, "\n    key: ");
    if (e->goes_on)
        put_base64(out, e->key, SIG_KEY_BYTES);
    else
        buf_put_str(out, "none");
    buf_put_byte(out, '\n');
}

static void
put_member(struct buf *out, const struct roster_member *m)
{
    buf_put_fmt(out, "  - name: %s\n", m->name);
    put_line(out, "    country: ", m->country);
    put_line(out, "    agency: ", m->agency);
    buf_put_fmt(out, "    class: %s\n", m->source_class);
    put_line(out, "    contact: ", m->contact);
    put_line(out, "    endpoint: ", m->endpoint);
    buf_put_str(out, "    keys:\n");
    put_keys(out, "log", &m->log, false);
    put_keys(out, "witness", &m->witness, false);
    put_keys(out, "transport", &m->transport, false);
    put_keys(out, "wrap", &m->wrap, false);
    buf_put_str(out, "    proof:\n");
    put_keys(out, "log", &m->log, true);
    put_keys(out, "witness", &m->witness, true);
    put_revoked(out, m);
    buf_put_fmt(out, "    status: %s\n", m->removed ? "removed" : "member");
}

void
roster_write(const struct roster *r, struct buf *out)
{
    char expires[UTC_TEXT_MAX];

    utc_print(r->expires, 0, expires);
    put_line(out, "federation: ", r->title);
    if (r->version > 1)
        buf_put_fmt(out, "federation_id: %s\n", r->federation);
    buf_put_fmt(out, "version: %llu\nexpires: %s\nprevious: ", (unsigned long long)r->version, expires);
    if (r->version > 1)
        text_hex(out, span_of(r->previous, HASH_BYTES));
    else
        buf_put_str(out, "none");
    buf_put_fmt(out, "\nthreshold: %u\n", r->threshold);
    if (r->stewards_n > 0 && r->faulty != (r->stewards_n - 1) / 3)
        buf_put_fmt(out, "faulty: %u\n", r->faulty);
    buf_put_str(out, "stewards:\n");
    for (unsigned i = 0; i < r->stewards_n; i++) {
        buf_put_fmt(out, "  - name: %s\n    key: ", r->steward[i].name);
        put_base64(out, r->steward[i].key.key, SIG_KEY_BYTES);
        buf_put_byte(out, '\n');
    }
    buf_put_str(out, "members:\n");
    for (unsigned i = 0; i < r->members_n; i++)
        put_member(out, &r->member[i]);
    if (r->recoveries_n > 0)
        buf_put_str(out, "recoveries:\n");
    for (unsigned i = 0; i < r->recoveries_n; i++)
        put_recovery(out, &r->recovery[i]);
}

void
roster_proof_text(const char *member, const char *kind, const uint8_t key[SIG_KEY_BYTES], struct buf *out)
{
    buf_put_fmt(out, "parallax-roster-member-v1\n%s\n%s\n", member, kind);
    put_base64(out, key, SIG_KEY_BYTES);
    buf_put_byte(out, '\n');
}

void
roster_key_make(const char *member, const char *kind, const struct secret *secret, struct roster_key *out)
{
    uint8_t bytes[256];
    struct buf text;

    *out = (struct roster_key){0};
    sig_public(secret, out->key);
    buf_init_fixed(&text, bytes, sizeof bytes);
    roster_proof_text(member, kind, out->key, &text);
    assert(!buf_failed(&text)); /* a name is at most LIMIT_NAME_BYTES long */
    sig_sign(secret, buf_span(&text), out->proof);
}

/* May the key sign under this name? In version 1 only listed stewards sign; later, one of the roster before
 * may, who is not in this text. */
static int
check_signer(const struct roster *r, const char *steward, const uint8_t key[SIG_KEY_BYTES], struct why *why)
{
    if (!text_is_word(span_str(steward)))
        return why_set(why, WHY_ROSTER_VALUE, 0, 0, "stewards", "not a steward's name");
    if (r->version > 1)
        return 0;
    for (unsigned i = 0; i < r->stewards_n; i++) {
        if (strcmp(r->steward[i].name, steward) == 0 &&
            memcmp(r->steward[i].key.key, key, SIG_KEY_BYTES) == 0)
            return 0;
    }
    return why_set(why, WHY_ROSTER_VALUE, 0, 0, "stewards", "the roster does not list this key as that of %s",
                   steward);
}

int
roster_add_signature(struct span note, const char *steward, const struct secret *secret, struct buf *out,
                     struct why *why)
{
    struct roster *r = roster_new();
    uint8_t key[SIG_KEY_BYTES];
    uint8_t id[KEY_ID_BYTES];
    char name[ORIGIN_LINE_MAX];
    struct span text;
    struct span lines;
    struct note read = {.n = 0};
    int status = -1;

    roster_split(note, &text, &lines);
    sig_public(secret, key);
    if (roster_parse_text(text, r, why) != 0 || check_signer(r, steward, key, why) != 0)
        goto done;
    if (lines.n > 0 && note_read(note, LIMIT_ROSTER_BYTES, WHY_ROSTER_SHAPE, &read, why) != 0)
        goto done;
    roster_steward_name(r->federation, steward, name);
    note_key_id(name, NOTE_TYPE_SIGN, key, id);
    for (unsigned i = 0; i < read.n; i++) {
        if (note_line_is(&read.line[i], name, id)) {
            (void)why_set(why, WHY_ROSTER_VALUE, 0, 0, NULL, "%s has signed this roster already", steward);
            goto done;
        }
    }
    if (read.n == LIMIT_NOTE_LINES_COUNT) {
        (void)why_set(why, WHY_ROSTER_SHAPE, 0, 0, NULL, "the note holds %d signatures: no more fit",
                      (int)read.n);
        goto done;
    }
    buf_put_span(out, text);
    buf_put_byte(out, '\n');
    buf_put_span(out, lines);
    note_sign(text, name, secret, out);
    status = buf_failed(out) ? why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no room for the note") : 0;
done:
    roster_free(r);
    return status;
}
