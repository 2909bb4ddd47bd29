/*
 * The membership document (DESIGN section 6): a signed note whose text is YAML. Pure: text in, struct or reason out.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "core/checkpoint.h"
#include "base/utc.h"
#include "base/why.h"

struct roster_key {
    uint8_t key[SIG_KEY_BYTES];
    uint8_t id[KEY_ID_BYTES];                /* C2SP key id; unused for transport and wrap keys */
};

struct roster_keys {
    unsigned n;
    struct roster_key key[LIMIT_KEY_COUNT];
};

struct roster_member {
    char name[LIMIT_NAME_BYTES + 1];
    char country[3];
    char agency[128];
    char source_class[16];                   /* government, commercial, academic, international */
    char contact[128];
    char endpoint[128];                      /* "tcp://host:port" that others dial; "" = dials out only */
    struct roster_keys log, witness, transport, wrap;
    bool removed;
};

struct roster_steward {
    char name[LIMIT_NAME_BYTES + 1];
    struct roster_key key;                   /* note key name: "<federation name>/steward/<name>" */
};

struct roster {
    char title[128];                         /* federation, in words */
    char federation[33];                     /* id: 32 hex digits, prefix of the hash of the first roster's text */
    uint64_t version;                        /* from 1 */
    struct utc expires;
    uint8_t previous[HASH_BYTES];            /* hash of the previous text; zero in version 1 */
    uint8_t hash[HASH_BYTES];                /* SHA-256 of this text */
    unsigned members_n;
    struct roster_member member[LIMIT_MEMBER_COUNT];
    unsigned stewards_n;
    struct roster_steward steward[LIMIT_MEMBER_COUNT];
    unsigned threshold;                      /* stewards whose signatures make a roster valid */
};

/*
 * Read one note. Checks shape, values, names, that no key occurs twice, that public keys are valid points, proofs of possession, threshold arithmetic.
 * ${first} is the text of version 1 (NULL when this is version 1): the federation id comes from it. 0 or -1 with ${why} at its line.
 */
int roster_parse(struct span note, struct roster *out, struct why *why);

/* Valid signatures: each steward of ${by} counted once. ${note} is the whole note. */
unsigned roster_signatures(struct span note, const struct roster *by);

/*
 * Does ${note}, parsed as ${r}, follow from ${old} (NULL: it is version 1 and must carry its own threshold of stewards)? Version exactly +1, the hash of the
 * previous text, a threshold of the old stewards and of the new. 0 or -1 with ${why}.
 */
int roster_check(struct span note, const struct roster *r, const struct roster *old, struct why *why);

const struct roster_member *roster_member(const struct roster *r, const char *name);   /* NULL if not listed; removed ones are returned */
const struct roster_member *roster_member_by_transport(const struct roster *r, const uint8_t key[32]);
bool roster_is_current(const struct roster *r, const char *name);
/* Keys that ${member} may sign heads with; NULL when ${key_id} fits none. */
const struct roster_key *roster_log_key(const struct roster *r, const char *node, const uint8_t log[LOG_ID_BYTES],
                                        const uint8_t key_id[KEY_ID_BYTES]);
const struct roster_key *roster_witness_key(const struct roster *r, const char *node, const uint8_t key_id[KEY_ID_BYTES]);

#endif
