/* Who may hold what (DESIGN section 1.3): the one function that every path asks. Deny by default. Pure. */
#ifndef CORE_RELEASE_H
#define CORE_RELEASE_H

#include "core/roster.h"
#include "core/rows.h"

/* The reader that may see what this node's own people and programs see. */
#define RELEASE_LOCAL ""

/* By which rule; RELEASE_(name, may hold, may also read what is sealed, "sentence"). */
#define RELEASE_RULES(RELEASE_)                                                                              \
    RELEASE_(local, true, true, "this node's own people may see what the node holds")                        \
    RELEASE_(not_member, false, false, "not a current member of the federation")                             \
    RELEASE_(origin, true, true, "an origin may always hold its own logs")                                   \
    RELEASE_(open, true, true, "the audience is open: every current member may hold it")                     \
    RELEASE_(unknown, false, false, "the log's descriptor is not held here: nobody but its origin")          \
    RELEASE_(removed, false, false, "a later log of this series no longer lists this member")                \
    RELEASE_(reader, true, true, "the origin lists it as a reader of this audience")                         \
    RELEASE_(granted, true, true, "the origin handed it the key of this earlier log")                        \
    RELEASE_(carrier, true, false, "the origin lists it as a carrier: it holds ciphertext and no key")       \
    RELEASE_(not_listed, false, false, "the origin does not list it as a reader or carrier")

enum release_rule {
#define RELEASE_RULE(name, holds, reads, text) RELEASE_##name,
    RELEASE_RULES(RELEASE_RULE)
#undef RELEASE_RULE
};

/* The rule that decides whether ${reader} (a node name, or RELEASE_LOCAL) may hold ${log} under ${roster}. */
enum release_rule release_rule(const char *reader, const struct store_log *log, const struct roster *roster);
bool may_release(const char *reader, const struct store_log *log, const struct roster *roster);

struct release_info {
    const char *name, *text;
    bool holds, reads;
};
const struct release_info *release_info(enum release_rule rule);

/*
 * Members that may hold a log of a named audience, a bit each; the origin is not among them. Meaningful for the roster that the row was
 * filled under.
 */
uint64_t release_holders(const struct store_log *log);

#endif
