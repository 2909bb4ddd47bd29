/*
 * Which identifiers are of one object: a function of what the picture says (docs/objects.md), never of the order in which it came. Pure.
 *
 * Records of an origin state pairs of identifiers. A catalogue number and an international designator, and the number and the provisional designation of a minor
 * planet, belong to each other one to one: an origin that states two partners of one identifier has no vote on it, and a pair is joined when it has more
 * votes than each pair that contradicts it. Another identifier (an operator's) joins the one object that most origins put it beside, and never makes two
 * objects one. So no record joins two catalogue numbers. Names find objects and join nothing. A person's merge or split counts when its origin does.
 */
#ifndef CORE_IDENTITY_H
#define CORE_IDENTITY_H

#include "core/rows.h"
#include "types/alias.h"

typedef int identity_claim_fn(void *cookie, const char *origin, const char *partner);
struct identity_source {
    void *cookie;
    /* As store_alias_each(). */
    int (*each)(void *cookie, const char *id, enum store_relation relation, unsigned max,
                identity_claim_fn *fn, void *fn_cookie);
    bool (*counts)(void *cookie, const char *origin); /* whose merges and splits count here */
};

enum identity_state {
    IDENTITY_USED,      /* of the object: records name it */
    IDENTITY_CLAIMED,   /* of the object: records state the pair, and nothing outvotes it */
    IDENTITY_MERGED,    /* of the object: by a person whose word counts here */
    IDENTITY_NAMED,     /* a name of it */
    IDENTITY_CONTESTED, /* stated to be of the object, and contradicted: it is not joined */
    IDENTITY_SPLIT,     /* a person whose word counts here says that it is another object */
    IDENTITY_NOTED      /* a person whose word does not count here merges or splits it */
};
const char *identity_state_name(enum identity_state state); /* "claimed" */
/* Is an identifier in that state one of the object? A name is not: others may have it too. */
static inline bool
identity_is_joined(enum identity_state state)
{
    return state <= IDENTITY_MERGED;
}

struct identity_alias {
    char id[ALIAS_BYTES];
    enum identity_state state;
    char with[ALIAS_BYTES]; /* beside which it was put; "": it was there first */
    uint64_t origins;       /* who says so: bits of identity.origin */
};

/* Identifiers that are joined come first, the one that stands for the object before all. */
struct identity {
    struct identity_alias alias[LIMIT_OBJECT_ALIAS_COUNT];
    size_t alias_n;
    char origin[LIMIT_OBJECT_ORIGIN_COUNT][LIMIT_NAME_BYTES + 1];
    size_t origin_n;
    bool is_known;  /* a record says something of the identifier */
    bool is_cut;    /* more was said than is looked at */
    unsigned reads; /* for identity_*() */
};

/* The same of a state by its name. */
bool identity_word_is_joined(const char *state);
/* The object of ${id}, canonical and no name. 0 or -1 (the source failed). */
int identity_resolve(const struct identity_source *source, const char *id, struct identity *out);
/* The same without what is not joined, and without who says so. */
int identity_join(const struct identity_source *source, const char *id, struct identity *out);

/*
 * The objects that have a name, each by the identifier that stands for it, in order, at most ${max}; *${n}: how many. An object that has but the name is the name itself.
 * ${work}: overwritten.
 */
int identity_find(const struct identity_source *source, const char *name, struct identity *work,
                  char (*out)[ALIAS_BYTES], size_t max, size_t *n);

#endif
