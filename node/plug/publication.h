/*
 * What a plugin asks to be published: one JSON object, checked against what its configuration lets it publish and read by the readers of the
 * record types, into records of a request. Pure.
 */
#ifndef PLUG_PUBLICATION_H
#define PLUG_PUBLICATION_H

#include "api.pb-c.h"
#include "crypt/hash.h"
#include "plug/stanza.h"
#include "types/registry.h"

#define PUBLICATION_KEY_MAX 128 /* bytes of the plugin's key */

struct publication_record {
    const struct type *type;
    size_t at, n; /* of bodies */
};

struct publication {
    char key[PUBLICATION_KEY_MAX + 1]; /* as the plugin gave it; "" = it could not be read */
    uint8_t id[HASH_BYTES];            /* what core knows it by: another one for every plugin */
    char audience[LIMIT_NAME_BYTES + 1];
    Parallax__V1__Mode mode;
    struct publication_record *records;
    size_t n, cap;
    struct buf bodies;
};

void publication_init(struct publication *p);
void publication_release(struct publication *p);

/*
 * Read ${json} for the plugin of ${s}. 0 with at least one record; -1 with ${why}: what is wrong with the object (its line and column are 1 and the
 * byte), what its configuration does not let it do (PUBLISH_DENIED), or what a reader or the type's check says, with line and column in the record.
 */
int publication_read(struct publication *p, struct span json, const struct stanza *s, struct why *why);

/* How many records from ${first} are one request: by count, bytes and class. 0 at the end. */
size_t publication_part(const struct publication *p, size_t first);

/* Append the reply line, with its end: a refusal for ${why}; or the ${ids}, which are JSON strings with commas between them. */
void publication_refuse(const struct publication *p, const struct why *why, struct buf *out);
void publication_reply(const struct publication *p, struct span ids, struct buf *out);

#endif
