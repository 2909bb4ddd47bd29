/* roster_parse(): from YAML to struct roster, value by value, each reason at its line. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "conf/yaml.h"
#include "core/roster.h"

#define ARENA_BYTES                                                                                          \
    (8 *                                                                                                     \
     LIMIT_ROSTER_BYTES) /* of the YAML tree: a node takes about 100 bytes, 10 with its text is the least */
#define KEYS_MAX (LIMIT_MEMBER_COUNT * (4 * LIMIT_KEY_COUNT + 1))
#define COUNT(t) (sizeof(t) / sizeof *(t))

struct read {
    struct roster *r;
    struct why *why;
    unsigned keys_n; /* of all kinds, members and stewards */
    const uint8_t *key[KEYS_MAX];
};

static int fail(const struct read *c, const struct yaml_node *node, const char *note) __attribute__((cold));

static int
fail(const struct read *c, const struct yaml_node *node, const char *note)
{
    return yaml_fail(node, WHY_ROSTER_VALUE, c->why, "%s", note);
}

/* A text of ${min} bytes or more into ${out} with its NUL; the key may be missing when ${min} is 0. */
static int
read_text(const struct read *c, const struct yaml_node *map, const char *key, size_t min, char *out,
          size_t size)
{
    const struct yaml_node *node = yaml_get(map, key);

    out[0] = 0;
    if (node == NULL && min == 0)
        return 0;
    node = yaml_need(map, key, YAML_SCALAR, c->why);
    if (node == NULL)
        return -1;
    if (node->text.n < min || node->text.n >= size)
        return yaml_fail(node, WHY_ROSTER_VALUE, c->why, "expected %zu to %zu bytes", min, size - 1);
    memcpy(out, node->text.p, node->text.n + 1);
    return 0;
}

/* Digits without a leading zero. */
static int
read_number(const struct read *c, const struct yaml_node *map, const char *key, uint64_t min, uint64_t max,
            uint64_t *out)
{
    const struct yaml_node *node = yaml_need(map, key, YAML_SCALAR, c->why);
    struct span s;

    if (node == NULL)
        return -1;
    s = node->text;
    if (s.n == 0 || s.p[0] < '0' || s.p[0] > '9' || (s.p[0] == '0' && s.n > 1) ||
        num_uint(s, max, out) != 0 || *out < min)
        return yaml_fail(node, WHY_ROSTER_VALUE, c->why, "expected a number from %llu to %llu",
                         (unsigned long long)min, (unsigned long long)max);
    return 0;
}

static int
read_base64(const struct read *c, const struct yaml_node *node, uint8_t *out, size_t n)
{
    uint8_t bytes[SIG_BYTES + 2];
    struct buf b;

    if (yaml_expect(node, YAML_SCALAR, c->why) != 0)
        return -1;
    buf_init_fixed(&b, bytes, sizeof bytes);
    if (text_unbase64(node->text, &b) != 0 || b.n != n)
        return yaml_fail(node, WHY_ROSTER_VALUE, c->why, "expected the base64 of %zu bytes", n);
    memcpy(out, bytes, n);
    return 0;
}

/* One key, valid and met for the first time. */
static int
read_key(struct read *c, const struct yaml_node *node, bool is_curve, struct roster_key *out)
{
    if (read_base64(c, node, out->key, SIG_KEY_BYTES) != 0)
        return -1;
    if (is_curve ? !secret_curve_key_ok(out->key) : !sig_key_ok(out->key))
        return fail(c, node, is_curve ? "not a valid X25519 public key" : "not a valid Ed25519 public key");
    for (unsigned i = 0; i < c->keys_n; i++) {
        if (memcmp(c->key[i], out->key, SIG_KEY_BYTES) == 0)
            return fail(c, node, "a key that occurs before in this roster");
    }
    c->key[c->keys_n++] = out->key;
    return 0;
}

static int
read_keys(struct read *c, const struct yaml_node *map, const char *kind, bool is_curve,
          struct roster_keys *out)
{
    const struct yaml_node *list = yaml_need(map, kind, YAML_SEQUENCE, c->why);

    if (list == NULL)
        return -1;
    if (list->n < 1 || list->n > LIMIT_KEY_COUNT)
        return yaml_fail(list, WHY_ROSTER_VALUE, c->why, "expected 1 to %d keys", LIMIT_KEY_COUNT);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (read_key(c, node, is_curve, &out->key[out->n]) != 0)
            return -1;
        out->n++;
    }
    return 0;
}

/* Proofs of possession, in the order of the keys. */
static int
read_proofs(struct read *c, const struct yaml_node *map, const char *kind, const char *member,
            struct roster_keys *keys)
{
    const struct yaml_node *list = yaml_need(map, kind, YAML_SEQUENCE, c->why);
    unsigned i = 0;

    if (list == NULL)
        return -1;
    if (list->n != keys->n)
        return yaml_fail(list, WHY_ROSTER_VALUE, c->why, "expected %u, one a key", keys->n);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next, i++) {
        struct roster_key *key = &keys->key[i];
        uint8_t bytes[256];
        struct buf text;

        if (read_base64(c, node, key->proof, SIG_BYTES) != 0)
            return -1;
        buf_init_fixed(&text, bytes, sizeof bytes);
        roster_proof_text(member, kind, key->key, &text);
        if (buf_failed(&text) || !sig_verify(key->key, buf_span(&text), key->proof))
            return fail(c, node, "not a proof of possession: its key does not verify it");
    }
    return 0;
}

static bool
is_host(struct span s)
{
    static const char dns[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    static const char ipv6[] = "0123456789abcdefABCDEF:.";
    const char *allowed = dns;

    if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
        allowed = ipv6;
        s = span_of(s.p + 1, s.n - 2);
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == 0 || strchr(allowed, s.p[i]) == NULL)
            return false;
    }
    return s.n > 0;
}

/* "" or tcp://host:port, host a name, an IPv4 address or an IPv6 address in brackets. */
static bool
is_endpoint(const char *text)
{
    static const char scheme[] = "tcp://";
    struct span s = span_str(text);
    const char *colon = strrchr(text, ':');
    uint64_t port;
    struct span digits;

    if (s.n == 0)
        return true;
    if (strncmp(text, scheme, sizeof scheme - 1) != 0 || colon < text + sizeof scheme - 1)
        return false;
    digits = span_str(colon + 1);
    if (digits.n == 0 || digits.p[0] < '1' || digits.p[0] > '9' || num_uint(digits, 65535, &port) != 0)
        return false;
    return is_host(span_of(text + sizeof scheme - 1, (size_t)(colon - text) - (sizeof scheme - 1)));
}

static int
read_member_name(const struct read *c, const struct yaml_node *node, struct roster_member *m)
{
    if (read_text(c, node, "name", 1, m->name, sizeof m->name) != 0)
        return -1;
    if (!text_is_node_name(span_str(m->name)))
        return fail(c, yaml_get(node, "name"), "not a node name: expected <iso-country>-<agency>");
    if (roster_member(c->r, m->name) != NULL)
        return fail(c, yaml_get(node, "name"), "a member of this name is listed before");
    if (read_text(c, node, "country", 2, m->country, sizeof m->country) != 0)
        return -1;
    if (!text_equal_nocase(span_of(m->name, 2), m->country))
        return fail(c, yaml_get(node, "country"), "not the country that the name starts with");
    return 0;
}

static int
read_words(const struct read *c, const struct yaml_node *node, struct roster_member *m)
{
    static const char *const classes[] = {"government", "commercial", "academic", "international"};
    char status[16];
    bool known = false;

    if (read_text(c, node, "agency", 1, m->agency, sizeof m->agency) != 0 ||
        read_text(c, node, "class", 1, m->source_class, sizeof m->source_class) != 0 ||
        read_text(c, node, "contact", 0, m->contact, sizeof m->contact) != 0 ||
        read_text(c, node, "endpoint", 0, m->endpoint, sizeof m->endpoint) != 0 ||
        read_text(c, node, "status", 1, status, sizeof status) != 0)
        return -1;
    for (size_t i = 0; i < COUNT(classes); i++)
        known = known || strcmp(m->source_class, classes[i]) == 0;
    if (!known)
        return fail(c, yaml_get(node, "class"), "expected government, commercial, academic or international");
    if (!is_endpoint(m->endpoint))
        return fail(c, yaml_get(node, "endpoint"), "expected tcp://host:port, or nothing");
    m->removed = strcmp(status, "removed") == 0;
    if (!m->removed && strcmp(status, "member") != 0)
        return fail(c, yaml_get(node, "status"), "expected member or removed");
    return 0;
}

static int
read_member_keys(struct read *c, const struct yaml_node *node, struct roster_member *m)
{
    static const char *const kinds[] = {"log", "witness", "transport", "wrap"};
    const struct yaml_node *keys = yaml_need(node, "keys", YAML_MAPPING, c->why);
    const struct yaml_node *proof = yaml_need(node, "proof", YAML_MAPPING, c->why);

    if (keys == NULL || proof == NULL || yaml_check_keys(keys, kinds, 4, c->why) != 0 ||
        yaml_check_keys(proof, kinds, 2, c->why) != 0)
        return -1;
    if (read_keys(c, keys, "log", false, &m->log) != 0 ||
        read_keys(c, keys, "witness", false, &m->witness) != 0 ||
        read_keys(c, keys, "transport", true, &m->transport) != 0 ||
        read_keys(c, keys, "wrap", true, &m->wrap) != 0)
        return -1;
    if (read_proofs(c, proof, "log", m->name, &m->log) != 0)
        return -1;
    return read_proofs(c, proof, "witness", m->name, &m->witness);
}

/* The key of ${m} that signs logs or cosigns, with these bytes. */
static struct roster_key *
find_key(struct roster_member *m, const uint8_t key[SIG_KEY_BYTES])
{
    struct roster_keys *lists[] = {&m->log, &m->witness};

    for (unsigned i = 0; i < 2; i++) {
        for (unsigned k = 0; k < lists[i]->n; k++) {
            if (memcmp(lists[i]->key[k].key, key, SIG_KEY_BYTES) == 0)
                return &lists[i]->key[k];
        }
    }
    return NULL;
}

/* Keys that are listed so that what they signed stays verifiable. */
static int
read_revoked(struct read *c, const struct yaml_node *member, struct roster_member *m)
{
    const struct yaml_node *list = yaml_get(member, "revoked");
    uint8_t bytes[SIG_KEY_BYTES];

    if (list == NULL)
        return 0;
    if (yaml_expect(list, YAML_SEQUENCE, c->why) != 0)
        return -1;
    if (list->n == 0)
        return fail(c, list, "expected a key, or no list");
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        struct roster_key *key;
        if (read_base64(c, node, bytes, sizeof bytes) != 0)
            return -1;
        key = find_key(m, bytes);
        if (key == NULL || key->revoked)
            return fail(c, node, key == NULL ? "not a log or witness key of this member" : "revoked twice");
        key->revoked = true;
    }
    return 0;
}

static int
read_members(struct read *c, const struct yaml_node *root)
{
    static const char *const keys[] = {"name",     "country", "agency", "class",  "contact",
                                       "endpoint", "keys",    "proof",  "status", "revoked"};
    const struct yaml_node *list = yaml_need(root, "members", YAML_SEQUENCE, c->why);

    if (list == NULL)
        return -1;
    if (list->n < 1 || list->n > LIMIT_MEMBER_COUNT)
        return yaml_fail(list, WHY_ROSTER_VALUE, c->why, "expected 1 to %d members", LIMIT_MEMBER_COUNT);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        struct roster_member *m = &c->r->member[c->r->members_n];

        if (yaml_check_keys(node, keys, COUNT(keys), c->why) != 0 || read_member_name(c, node, m) != 0 ||
            read_words(c, node, m) != 0 || read_member_keys(c, node, m) != 0 || read_revoked(c, node, m) != 0)
            return -1;
        c->r->members_n++;
    }
    return 0;
}

static int
read_steward(struct read *c, const struct yaml_node *node)
{
    static const char *const keys[] = {"name", "key"};
    struct roster_steward *s = &c->r->steward[c->r->stewards_n];
    const struct yaml_node *key;

    if (yaml_check_keys(node, keys, COUNT(keys), c->why) != 0 ||
        read_text(c, node, "name", 1, s->name, sizeof s->name) != 0)
        return -1;
    if (!text_is_word(span_str(s->name)))
        return fail(c, yaml_get(node, "name"),
                    "not a steward's name: expected lower-case letters, digits, - and _");
    for (unsigned i = 0; i < c->r->stewards_n; i++) {
        if (strcmp(c->r->steward[i].name, s->name) == 0)
            return fail(c, yaml_get(node, "name"), "a steward of this name is listed before");
    }
    key = yaml_need(node, "key", YAML_SCALAR, c->why);
    if (key == NULL || read_key(c, key, false, &s->key) != 0)
        return -1;
    c->r->stewards_n++;
    return 0;
}

/* Two successors must not both be valid, t > (n + f) / 2, and it must be able to move at all, t <= n - f. */
static int
read_threshold(const struct read *c, const struct yaml_node *root)
{
    const uint64_t n = c->r->stewards_n;
    uint64_t t;
    uint64_t f = (n - 1) / 3;

    if (read_number(c, root, "threshold", 1, LIMIT_MEMBER_COUNT, &t) != 0)
        return -1;
    if (yaml_get(root, "faulty") != NULL && read_number(c, root, "faulty", 0, n - 1, &f) != 0)
        return -1;
    if (2 * t <= n + f || t > n - f)
        return yaml_fail(yaml_get(root, "threshold"), WHY_ROSTER_VALUE, c->why,
                         "with %u stewards of whom %u may be faulty, expected more than %u/2 and at most %u",
                         (unsigned)n, (unsigned)f, (unsigned)(n + f), (unsigned)(n - f));
    c->r->threshold = (unsigned)t;
    c->r->faulty = (unsigned)f;
    return 0;
}

static int
read_stewards(struct read *c, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_need(root, "stewards", YAML_SEQUENCE, c->why);

    if (list == NULL)
        return -1;
    if (list->n < 1 || list->n > LIMIT_MEMBER_COUNT)
        return yaml_fail(list, WHY_ROSTER_VALUE, c->why, "expected 1 to %d stewards", LIMIT_MEMBER_COUNT);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (read_steward(c, node) != 0)
            return -1;
    }
    return read_threshold(c, root);
}

/* Lower-case hexadecimal of ${n} bytes. */
static int
read_hex(const struct read *c, const struct yaml_node *node, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < node->text.n; i++) {
        if (node->text.p[i] >= 'A' && node->text.p[i] <= 'F')
            return fail(c, node, "expected lower-case digits");
    }
    if (text_unhex(node->text, out, n) != 0)
        return yaml_fail(node, WHY_ROSTER_VALUE, c->why, "expected %zu hexadecimal digits", 2 * n);
    return 0;
}

static void
set_federation(struct roster *r, const uint8_t id[16])
{
    struct buf b;

    buf_init_fixed(&b, r->federation, sizeof r->federation);
    text_hex(&b, span_of(id, 16));
    (void)buf_cstr(&b);
}

/*
 * ${node} is the key of the log that goes on, or none. An entry stays for good: by now the key may be out of use, or its owner gone.
 */
static int
read_next_key(const struct read *c, const struct yaml_node *node, struct roster_recovery *e)
{
    if (span_is(node->text, "none"))
        return 0;
    if (read_base64(c, node, e->key, SIG_KEY_BYTES) != 0)
        return -1;
    if (!sig_key_ok(e->key))
        return fail(c, node, "not a valid Ed25519 public key, nor none");
    e->goes_on = true;
    return 0;
}

static int
read_recovery(struct read *c, const struct yaml_node *node)
{
    static const char *const keys[] = {"origin", "log", "size", "root", "key"};
    struct roster_recovery *e = &c->r->recovery[c->r->recoveries_n];
    const struct yaml_node *log, *root, *key;

    if (yaml_check_keys(node, keys, COUNT(keys), c->why) != 0 ||
        read_text(c, node, "origin", 1, e->origin, sizeof e->origin) != 0 ||
        (log = yaml_need(node, "log", YAML_SCALAR, c->why)) == NULL ||
        read_hex(c, log, e->log, LOG_ID_BYTES) != 0 ||
        read_number(c, node, "size", 1, (uint64_t)INT64_MAX, &e->size) != 0 ||
        (root = yaml_need(node, "root", YAML_SCALAR, c->why)) == NULL ||
        read_hex(c, root, e->root, HASH_BYTES) != 0 ||
        (key = yaml_need(node, "key", YAML_SCALAR, c->why)) == NULL)
        return -1;
    if (roster_member(c->r, e->origin) == NULL)
        return fail(c, yaml_get(node, "origin"), "no member of this name is listed");
    if (roster_recovery(c->r, e->log) != NULL)
        return fail(c, log, "the end of this log is named before");
    c->r->recoveries_n++;
    return read_next_key(c, key, e);
}

static int
read_recoveries(struct read *c, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, "recoveries");

    if (list == NULL)
        return 0;
    if (yaml_expect(list, YAML_SEQUENCE, c->why) != 0)
        return -1;
    if (list->n < 1 || list->n > LIMIT_RECOVERY_COUNT)
        return yaml_fail(list, WHY_ROSTER_VALUE, c->why, "expected 1 to %d recoveries, or no list",
                         LIMIT_RECOVERY_COUNT);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (read_recovery(c, node) != 0)
            return -1;
    }
    return 0;
}

/* Version 1 names nothing before it and has the id of its own text; later ones name both. */
static int
read_chain(const struct read *c, const struct yaml_node *root)
{
    const struct yaml_node *previous = yaml_need(root, "previous", YAML_SCALAR, c->why);
    const struct yaml_node *id = yaml_get(root, "federation_id");
    uint8_t bytes[16];

    if (previous == NULL)
        return -1;
    if (c->r->version == 1) {
        if (!span_is(previous->text, "none"))
            return fail(c, previous, "expected none in version 1");
        if (id != NULL)
            return fail(c, id, "version 1 does not hold its own id");
        set_federation(c->r, c->r->hash);
        return 0;
    }
    id = yaml_need(root, "federation_id", YAML_SCALAR, c->why);
    if (id == NULL || read_hex(c, id, bytes, sizeof bytes) != 0 ||
        read_hex(c, previous, c->r->previous, HASH_BYTES) != 0)
        return -1;
    set_federation(c->r, bytes);
    return 0;
}

static int
read_expires(const struct read *c, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_need(root, "expires", YAML_SCALAR, c->why);

    if (node == NULL)
        return -1;
    if (node->text.n == 0 || node->text.p[node->text.n - 1] != 'Z' ||
        utc_parse(node->text, &c->r->expires) != 0)
        return fail(c, node, "expected a time such as 2027-12-31T00:00:00Z");
    return 0;
}

static void
set_ids(struct roster *r)
{
    char name[ORIGIN_LINE_MAX];

    for (unsigned i = 0; i < r->stewards_n; i++) {
        roster_steward_name(r->federation, r->steward[i].name, name);
        note_key_id(name, NOTE_TYPE_SIGN, r->steward[i].key.key, r->steward[i].key.id);
    }
    for (unsigned i = 0; i < r->members_n; i++) {
        struct roster_keys *keys = &r->member[i].witness;

        checkpoint_witness_name(r->federation, r->member[i].name, name);
        for (unsigned k = 0; k < keys->n; k++)
            note_key_id(name, NOTE_TYPE_COSIGN, keys->key[k].key, keys->key[k].id);
    }
}

static int
read_root(struct read *c, const struct yaml_node *root)
{
    static const char *const keys[] = {"federation", "federation_id", "version",  "expires", "previous",
                                       "threshold",  "faulty",        "stewards", "members", "recoveries"};

    if (yaml_check_keys(root, keys, COUNT(keys), c->why) != 0 ||
        read_text(c, root, "federation", 1, c->r->title, sizeof c->r->title) != 0 ||
        read_number(c, root, "version", 1, INT32_MAX, &c->r->version) != 0 || read_chain(c, root) != 0 ||
        read_expires(c, root) != 0 || read_stewards(c, root) != 0 || read_members(c, root) != 0 ||
        read_recoveries(c, root) != 0)
        return -1;
    set_ids(c->r);
    return 0;
}

/* The YAML reader speaks of configuration; here a peer may have sent it. */
static enum why_code
translate(enum why_code code)
{
    if (code == WHY_CONF_KEY || code == WHY_CONF_VALUE)
        return WHY_ROSTER_VALUE;
    return code == WHY_NO_MEMORY || code == WHY_ROSTER_VALUE ? code : WHY_ROSTER_SHAPE;
}

int
roster_parse_text(struct span text, struct roster *out, struct why *why)
{
    struct why own = {.code = WHY_NONE};
    struct read *c = mem_new(sizeof *c);
    const struct yaml_node *root;
    struct arena a;
    int status = -1;

    memset(out, 0, sizeof *out);
    c->r = out;
    c->why = &own;
    arena_init(&a, ARENA_BYTES);
    hash_sha256(text, out->hash);
    if (text.n > LIMIT_ROSTER_BYTES)
        (void)why_set(&own, WHY_ROSTER_SHAPE, 0, 0, NULL, "a roster of %zu bytes: at most %d are allowed",
                      text.n, LIMIT_ROSTER_BYTES);
    else if (text.n == 0 || text.p[text.n - 1] != '\n')
        (void)why_set(&own, WHY_ROSTER_SHAPE, 0, 0, NULL, "the text of a roster must end with a newline");
    else if ((root = yaml_read(text, &a, &own)) != NULL)
        status = read_root(c, root);
    arena_release(&a);
    free(c);
    if (status != 0)
        (void)why_set(why, translate(own.code), own.line, own.column, own.field, "%s", own.note);
    return status;
}

int
roster_parse(struct span note, struct roster *out, struct why *why)
{
    struct note read;

    if (note_read(note, LIMIT_ROSTER_BYTES, WHY_ROSTER_SHAPE, &read, why) != 0)
        return -1;
    return roster_parse_text(read.text, out, why);
}
