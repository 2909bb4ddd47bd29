#include "core/roster.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

#define DASH "\xE2\x80\x94 " /* how a signature line starts */

struct roster *
roster_new(void)
{
    return mem_new(sizeof(struct roster));
}

void
roster_free(struct roster *r)
{
    free(r);
}

void
roster_split(struct span bytes, struct span *text, struct span *lines)
{
    const size_t dash = strlen(DASH);

    *text = bytes;
    *lines = span_of(bytes.p + bytes.n, 0);
    for (size_t i = bytes.n; i >= 2; i--) {
        if (bytes.p[i - 1] != '\n' || bytes.p[i - 2] != '\n')
            continue;
        /* The last empty line; a text may hold others. */
        if (bytes.n - i >= dash && memcmp(bytes.p + i, DASH, dash) == 0) {
            *text = span_of(bytes.p, i - 1);
            *lines = span_of(bytes.p + i, bytes.n - i);
        }
        return;
    }
}

void
roster_steward_name(const char *federation, const char *name, char out[ORIGIN_LINE_MAX])
{
    (void)snprintf(out, ORIGIN_LINE_MAX, "%s/steward/%s", federation, name);
}

static void
make_key(const struct roster *by, unsigned i, struct note_key *out)
{
    char name[ORIGIN_LINE_MAX];

    roster_steward_name(by->federation, by->steward[i].name, name);
    note_key_make(name, NOTE_TYPE_SIGN, by->steward[i].key.key, out);
}

/* Signatures of stewards of ${by}; -1 when a line of theirs is bad. */
static int
count(const struct note *note, const struct roster *by)
{
    int good = 0;

    for (unsigned i = 0; i < by->stewards_n; i++) {
        struct note_key key;
        int one;

        make_key(by, i, &key);
        one = note_check(note, &key);
        if (one < 0)
            return -1;
        good += one;
    }
    return good;
}

unsigned
roster_signatures(struct span note, const struct roster *by)
{
    struct note read;
    int good;

    if (note_read(note, LIMIT_ROSTER_BYTES, WHY_ROSTER_SHAPE, &read, NULL) != 0)
        return 0;
    good = count(&read, by);
    return good > 0 ? (unsigned)good : 0;
}

static int
check_threshold(const struct note *note, const struct roster *by, const char *whose, struct why *why)
{
    int good = count(note, by);

    if (good < 0)
        return why_set(why, WHY_ROSTER_THRESHOLD, 0, 0, NULL,
                       "a signature of a steward of the %s roster is bad", whose);
    if ((unsigned)good < by->threshold)
        return why_set(why, WHY_ROSTER_THRESHOLD, 0, 0, NULL,
                       "signed by %d stewards of the %s roster: expected %u or more", good, whose,
                       by->threshold);
    return 0;
}

/* A key that was revoked may be left out of a later list, but not come back. */
static bool
keeps_revoked(const struct roster_keys *is, const struct roster_keys *was)
{
    for (unsigned i = 0; i < was->n; i++) {
        for (unsigned k = 0; was->key[i].revoked && k < is->n; k++) {
            if (memcmp(is->key[k].key, was->key[i].key, SIG_KEY_BYTES) == 0 && !is->key[k].revoked)
                return false;
        }
    }
    return true;
}

/* What was ended or revoked stays so. */
static int
check_kept(const struct roster *r, const struct roster *old, struct why *why)
{
    for (unsigned i = 0; i < old->recoveries_n; i++) {
        const struct roster_recovery *was = &old->recovery[i], *is = roster_recovery(r, was->log);
        char hex[2 * LOG_ID_BYTES + 1];
        if (is != NULL && is->size == was->size && memcmp(is->root, was->root, HASH_BYTES) == 0)
            continue;
        text_hex_of(was->log, LOG_ID_BYTES, hex);
        return why_set(why, WHY_ROSTER_CHAIN, 0, 0, "recoveries",
                       "log %s ended at size %llu in the previous roster: expected the same", hex,
                       (unsigned long long)was->size);
    }
    for (unsigned i = 0; i < old->members_n; i++) {
        const struct roster_member *is = roster_member(r, old->member[i].name);
        if (is != NULL && (!keeps_revoked(&is->log, &old->member[i].log) ||
                           !keeps_revoked(&is->witness, &old->member[i].witness)))
            return why_set(why, WHY_ROSTER_CHAIN, 0, 0, "revoked",
                           "a key of %s was revoked in the previous roster: expected it to stay so",
                           is->name);
    }
    return 0;
}

static int
check_step(const struct roster *r, const struct roster *old, struct why *why)
{
    if (old == NULL)
        return r->version == 1 ? 0
                               : why_set(why, WHY_ROSTER_CHAIN, 0, 0, "version", "version %llu: expected 1",
                                         (unsigned long long)r->version);
    if (r->version != old->version + 1)
        return why_set(why, WHY_ROSTER_CHAIN, 0, 0, "version", "version %llu does not follow version %llu",
                       (unsigned long long)r->version, (unsigned long long)old->version);
    if (strcmp(r->federation, old->federation) != 0)
        return why_set(why, WHY_ROSTER_CHAIN, 0, 0, "federation_id", "another federation than %s",
                       old->federation);
    if (memcmp(r->previous, old->hash, HASH_BYTES) != 0)
        return why_set(why, WHY_ROSTER_CHAIN, 0, 0, "previous", "not the hash of version %llu",
                       (unsigned long long)old->version);
    return check_kept(r, old, why);
}

int
roster_check(struct span note, const struct roster *r, const struct roster *old, struct why *why)
{
    uint8_t hash[HASH_BYTES];
    struct note read;

    if (note_read(note, LIMIT_ROSTER_BYTES, WHY_ROSTER_SHAPE, &read, why) != 0)
        return -1;
    hash_sha256(read.text, hash);
    if (memcmp(hash, r->hash, HASH_BYTES) != 0)
        return why_set(why, WHY_ROSTER_CHAIN, 0, 0, NULL, "the note is not of this roster");
    if (check_step(r, old, why) != 0)
        return -1;
    if (old != NULL && check_threshold(&read, old, "previous", why) != 0)
        return -1;
    return check_threshold(&read, r, old != NULL ? "new" : "first", why);
}

/* Is ${line} a good signature by a steward of ${by} (may be NULL)? */
static bool
is_by(const struct note_line *line, struct span text, const struct roster *by, struct note_key *key)
{
    for (unsigned i = 0; by != NULL && i < by->stewards_n; i++) {
        make_key(by, i, key);
        if (note_line_is(line, key->name, key->id))
            return line->signature_n == SIG_BYTES && sig_verify(key->key, text, line->signature);
    }
    return false;
}

int
roster_normal(struct span note, const struct roster *r, const struct roster *old, struct buf *out)
{
    struct note read;
    struct note_key key;

    if (note_read(note, LIMIT_ROSTER_BYTES, WHY_ROSTER_SHAPE, &read, NULL) != 0)
        return -1;
    buf_put_span(out, read.text);
    buf_put_byte(out, '\n');
    for (unsigned i = 0; i < read.n; i++) {
        const struct note_line *line = &read.line[i];
        bool twice = false;

        for (unsigned k = 0; k < i && !twice; k++)
            twice = span_equal(read.line[k].name, line->name) &&
                    memcmp(read.line[k].key_id, line->key_id, KEY_ID_BYTES) == 0;
        if (!twice && (is_by(line, read.text, r, &key) || is_by(line, read.text, old, &key)))
            note_line_print(key.name, key.id, span_of(line->signature, SIG_BYTES), out);
    }
    return 0;
}

const struct roster_member *
roster_member(const struct roster *r, const char *name)
{
    for (unsigned i = 0; i < r->members_n; i++) {
        if (strcmp(r->member[i].name, name) == 0)
            return &r->member[i];
    }
    return NULL;
}

const struct roster_member *
roster_member_by_transport(const struct roster *r, const uint8_t key[32])
{
    for (unsigned i = 0; i < r->members_n; i++) {
        const struct roster_keys *keys = &r->member[i].transport;

        for (unsigned k = 0; k < keys->n; k++) {
            if (memcmp(keys->key[k].key, key, SIG_KEY_BYTES) == 0)
                return &r->member[i];
        }
    }
    return NULL;
}

bool
roster_is_current(const struct roster *r, const char *name)
{
    const struct roster_member *member = roster_member(r, name);

    return member != NULL && !member->removed;
}

const struct roster_key *
roster_log_key(const struct roster *r, const char *node, const uint8_t log[LOG_ID_BYTES],
               const uint8_t key_id[KEY_ID_BYTES])
{
    const struct roster_member *member = roster_member(r, node);
    char origin_line[ORIGIN_LINE_MAX];

    if (member == NULL)
        return NULL;
    checkpoint_origin_line(r->federation, node, log, origin_line);
    for (unsigned i = 0; i < member->log.n; i++) {
        uint8_t id[KEY_ID_BYTES];

        note_key_id(origin_line, NOTE_TYPE_SIGN, member->log.key[i].key, id);
        if (memcmp(id, key_id, KEY_ID_BYTES) == 0)
            return &member->log.key[i];
    }
    return NULL;
}

const struct roster_key *
roster_witness_key(const struct roster *r, const char *node, const uint8_t key_id[KEY_ID_BYTES])
{
    const struct roster_member *member = roster_member(r, node);

    for (unsigned i = 0; member != NULL && i < member->witness.n; i++) {
        if (!member->witness.key[i].revoked && memcmp(member->witness.key[i].id, key_id, KEY_ID_BYTES) == 0)
            return &member->witness.key[i];
    }
    return NULL;
}

const struct roster_recovery *
roster_recovery(const struct roster *r, const uint8_t log[LOG_ID_BYTES])
{
    for (unsigned i = 0; i < r->recoveries_n; i++) {
        if (memcmp(r->recovery[i].log, log, LOG_ID_BYTES) == 0)
            return &r->recovery[i];
    }
    return NULL;
}

bool
roster_vouches(const struct roster *r, const char *origin, const struct checkpoint *c)
{
    const struct roster_recovery *end = roster_recovery(r, c->log);

    return end != NULL && end->size == c->size && strcmp(end->origin, origin) == 0 &&
           memcmp(end->root, c->root, HASH_BYTES) == 0;
}

bool
roster_is_shut(const struct roster *r, const char *origin, const uint8_t log[LOG_ID_BYTES],
               const uint8_t key_id[KEY_ID_BYTES])
{
    const struct roster_member *member = roster_member(r, origin);
    const struct roster_key *key;
    unsigned revoked = 0;

    if (member == NULL || member->removed)
        return member != NULL;
    for (unsigned i = 0; i < member->log.n; i++)
        revoked += member->log.key[i].revoked;
    if (revoked == 0)
        return false; /* the usual case: which key it is costs a hash each */
    key = roster_log_key(r, origin, log, key_id);
    return key != NULL && key->revoked;
}
